"""Workers: the two ways in which a stream process runs, both in a Faust app.

Read ``apps`` first, the app around each of them. ``hosts`` runs a slice worker in it, which an
operator directs through ``modes`` and whose memory ``allocator`` gives back. ``agents`` is the
discipline for processes with agents, and ``vigil`` raises what stands still in one.
"""
