# The shop is being restocked: nobody else comes in, and Ana, who is inside, shops on and pays for her own.
shop demo
seed 114

09:00:00  ana enters
09:00:08  the shop is being restocked
09:00:10  aki enters as staff
09:00:14  dan shows palm 0.99
09:00:18  dan goes away
09:00:22  ana takes 1 cup-udon from g1-s3:10
09:00:24  aki restocks 4 tea-green-500 on fridge-s1:2
09:00:34  aki takes away 2 milk-500
09:00:44  ana takes 1 choco-bar
09:01:00  ana leaves
09:01:04  aki leaves
09:01:12  the shop is open
09:01:16  eve enters
09:01:28  eve takes 1 tea-green-500 from fridge-s1:2
09:01:46  eve leaves
= the gate stays shut for dan: restocking
= ana pays 386 JPY: 1 cup-udon, 1 choco-bar
= eve pays 160 JPY: 1 tea-green-500
