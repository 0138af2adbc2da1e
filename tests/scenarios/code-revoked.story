# Her phone is reported stolen. Who has it does not come in; who was in already on it leaves and pays.
shop demo
seed 105

09:00:00  ana enters with a code
09:00:10  ana is revoked
09:00:14  ana takes 1 curry-pan
09:00:16  dan shows ana's next code
09:00:22  dan goes away
09:00:36  ana leaves
= the gate opens for ana
= the gate stays shut for dan: revoked
= ana pays 168 JPY: 1 curry-pan
