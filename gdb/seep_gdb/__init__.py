"""Seep's commands in gdb. No heap is read here.

gdb says what it holds (held.py), and the program `seep` reads it (child.py): the memory of a process
that gdb has stopped, from beside, by process_vm_readv; a core from its file. No function of the
target is called, and nothing is written to it.
"""
