"""Names come from strangers' binaries: on a terminal they are text and nothing else."""

import unicodedata

# Controls; what is not seen or turns others around; line and paragraph separators; lone surrogates.
_UNSEEN = {"Cc", "Cf", "Zl", "Zp", "Cs"}


def is_visible(name: str) -> bool:
    return not any(unicodedata.category(c) in _UNSEEN for c in name)


def visible(text: str) -> str:
    """Escaped, but for line ends."""
    return "".join(c if c == "\n" or is_visible(c) else ascii(c)[1:-1] for c in text)
