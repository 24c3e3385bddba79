"""What can keep the local stack from running; every message says what happened and what to do.

StackError
  NotVerified    a downloaded file is not the one the lock names
  NotFetched     a file could not be had
  PortTaken      another process listens where a server should
  FolderInUse    two stacks on one folder, or a folder without its credentials
  NotWritable    a folder cannot be made, or a file not written
  NotReady       a process did not answer in time, or died at start
  IdsDiffer      the registry does not know the schemas the log was written with
  NotProvisioned the broker's topics are not those of the table
  NotRotated     there is no such secret
  NotKept        a backup, a broker or a registry cannot be made anew
"""

from __future__ import annotations


class StackError(Exception):
    """The local stack cannot start or go on."""


class NotVerified(StackError):
    """A downloaded file differs from the one the lock names."""


class NotFetched(StackError):
    """A file of the lock could not be fetched or kept."""


class PortTaken(StackError):
    """Another process listens on a port that the stack needs."""


class FolderInUse(StackError):
    """The folder belongs to another running stack, or lacks the credentials of its data."""


class NotWritable(StackError):
    """A folder cannot be made, or a file not written, by this user."""


class NotReady(StackError):
    """A supervised process died at start or did not answer within its bound."""


class IdsDiffer(StackError):
    """The registry's schema ids are not those the log of record was written with."""


class NotProvisioned(StackError):
    """The topics of the broker differ from the table of topics."""


class NotRotated(StackError):
    """There is no such secret to replace."""


class NotKept(StackError):
    """What is to be backed up or made anew is not there, or is not what it must be."""
