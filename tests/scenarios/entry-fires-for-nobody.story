# A child's arm in the light of the entry: staff are told, and nobody is charged for it.
shop demo
seed 132

09:00:00  ana enters
09:00:12  ana takes 1 toothbrush
09:00:16  the light barrier of entry fires for nobody
09:00:32  ana leaves
= staff are told: tailgate
= ana pays 198 JPY: 1 toothbrush
