"""What authorities state beyond listing and removing: each module one noun of the law.

Acts about an entry move its registers (``creditbus.domain.registers``); the others are facts about
a subject that burden nobody.
"""
