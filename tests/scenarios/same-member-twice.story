# Ana lets her friend in on her next code: two visits, two carts, and Ana pays for both.
shop demo
seed 106

09:00:00  ana enters with a code
09:00:08  bea enters with ana's next code
09:00:16  ana takes 1 onigiri-salmon
09:00:22  bea takes 1 notebook-a5 from g3-s2:2
09:00:40  bea leaves
09:00:48  ana leaves
= the gate opens for ana
= the gate opens for bea
= ana pays 178 JPY: 1 onigiri-salmon
= ana pays 165 JPY: 1 notebook-a5
