internal import Basics

/// Keeps every entry with probability `density`, independently.
///
/// The draws depend on seed, method, layer and model (`DrawName`) alone: no order of work or of models changes them.
/// Source: DARE, Yu et al. 2023, arXiv:2311.03099, section 3.
struct RandomDrop: Sparsify {
  let density: Double

  func mask(of change: ChangeRows, model: Int, random: RandomStream) -> any EntryMask {
    RandomMask(limit: UInt64((density * 0x1p53).rounded(.up)), random: random)
  }
}

/// Keeps an entry where 53 random bits are below the limit.
private struct RandomMask: EntryMask {
  let limit: UInt64
  var random: RandomStream

  mutating func apply(to block: inout MutableSpan<Float>, columns: Int) {
    if limit >> 53 > 0 { return }
    // A copy of its own lets the loop keep the state in a register.
    var stream = random
    for i in 0..<block.count {
      let draw = stream.next() >> 11
      block[i] = draw < limit ? block[i] : 0
    }
    random = stream
  }
}
