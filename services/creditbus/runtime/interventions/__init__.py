"""What a person may do to the bus, the same from the console and from the command line.

Each act is written to the topic of interventions, with its author and the reason, and then carried
out; what takes two persons is in ``second_persons``. Whatever cannot be done is told in a sentence,
``NotDone``, and then nothing was written.
"""
