"""The program's named random streams, written again: SplitMix64 started at the SHA-256 of seed/path."""

import hashlib
import math

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
