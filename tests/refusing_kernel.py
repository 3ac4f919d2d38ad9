"""A kernel that refuses a system call, as those of sandboxes do, for one thread."""

from __future__ import annotations

import ctypes
import platform
import struct
import threading

_NUMBERS = {
    "x86_64": {"fsync": 74, "linkat": 265},
    "aarch64": {"fsync": 82, "linkat": 37},
}
# Of <linux/prctl.h>, <linux/seccomp.h> and <linux/bpf_common.h>.
_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ERROR, _ALLOW = 0x00050000, 0x7FFF0000


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def where_it_refuses(call, error, function):
    """Return what a function returns in a thread of its own, where a system call has an error."""
    results, errors = [], []

    def run():
        _refuse(call, error)
        try:
            results.append(function())
        except BaseException as caught:  # noqa: BLE001 - raised below
            errors.append(caught)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


def _refuse(call, error):
    code = b"".join(
        struct.pack("HBBI", *step)
        for step in (
            (_LOAD, 0, 0, 0),  # the number of the call
            (_JUMP_IF_EQUAL, 0, 1, _NUMBERS[platform.machine()][call]),
            (_RETURN, 0, 0, _ERROR | error),
            (_RETURN, 0, 0, _ALLOW),
        )
    )
    program = _Program(len(code) // 8, code)
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    for arguments in ((_NO_NEW_PRIVILEGES, 1, 0, 0, 0), (_SET_SECCOMP, _FILTER, program)):
        given = [
            ctypes.byref(each) if each is program else ctypes.c_ulong(each) for each in arguments
        ]
        if prctl(*given):
            raise OSError(ctypes.get_errno(), "prctl")
