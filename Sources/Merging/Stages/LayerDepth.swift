/// How deep a layer lies in its stack of blocks, from the number in its path.
///
/// The block is the first component that is a number and is not the last one: 3 in
/// `encoder.layer.3.experts.1.up`. What stands before it names the stack, so that two towers are counted
/// apart.
struct LayerDepth: Sendable {
  private var counts: [String: Int] = [:]

  /// - Parameters:
  ///   - sites: All paths; the highest block among them tells how many a stack has.
  ///   - blocks: How many blocks every stack has at least, where known.
  init(sites: [String] = [], blocks: Int = 0) {
    for site in sites {
      guard let (stack, block) = Self.block(of: site) else { continue }
      counts[stack] = max(counts[stack] ?? blocks, block + 1)
    }
  }

  /// l ÷ (L − 1): 0 in the first block, 1 in the last; nil outside blocks, 0 in the only block.
  func depth(of site: String) -> Double? {
    guard let (stack, block) = Self.block(of: site), let count = counts[stack] else { return nil }
    return count > 1 ? Double(block) / Double(count - 1) : 0
  }

  /// The stack and the number of the block that a path lies in; nil outside blocks.
  static func block(of site: String) -> (stack: String, block: Int)? {
    let parts = site.split(separator: ".")
    for (place, part) in parts.enumerated().dropLast() {
      if let number = Int(part), number >= 0 { return (parts[..<place].joined(separator: "."), number) }
    }
    return nil
  }
}
