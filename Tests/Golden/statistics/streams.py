"""The program's named random streams, written again: SplitMix64 started at the SHA-256 of seed/path."""

import hashlib
import math

import numpy as np

MASK = (1 << 64) - 1


class Stream:
    def __init__(self, *path):
        self.state = int.from_bytes(hashlib.sha256("/".join(map(str, path)).encode()).digest()[:8], "big")

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def index(self, bound):
        """Below the bound, without bias (Lemire 2019)."""
        while True:
            product = self.next() * bound
            if product & MASK >= (1 << 64) % bound:
                return product >> 64

    def flip(self):
        return self.next() >> 63 == 1

    def uniform(self):
        return (self.next() >> 11) * 2.0**-53

    def normal(self):
        """Box and Muller, one of the pair."""
        radius = math.sqrt(-2 * math.log(1 - self.uniform()))
        return radius * math.cos(2 * math.pi * self.uniform())


def indices(path, count, bound):
    """The first numbers below a bound of a stream, as `Stream.index` draws them one by one."""
    with np.errstate(over="ignore"):
        z = np.uint64(Stream(*path).state) + np.uint64(0x9E3779B97F4A7C15) * np.arange(1, count + 1, dtype=np.uint64)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
        # The product's lower and upper half from halves of z: nothing overflows for bounds below 2^32.
        low = (z & np.uint64(0xFFFFFFFF)) * np.uint64(bound)
        high = (z >> np.uint64(32)) * np.uint64(bound) + (low >> np.uint64(32))
        # So rare for such bounds that it is refused instead of drawn again.
        assert (z * np.uint64(bound) >= (1 << 64) % bound).all(), path
    return (high >> np.uint64(32)).astype(np.int64)
