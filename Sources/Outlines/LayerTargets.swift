/// Which linear layers an adapter sits on, in PEFT's words: `target_modules` and `layers_to_transform`.
///
/// Names choose the layers whose path is the name, or ends in it after a dot; `all-linear` chooses all. A text that is no
/// list is a regular expression for the whole path. Numbers of layers narrow names down, not expressions.
public struct LayerTargets: Sendable, Hashable {
  /// All linear layers.
  public static let allWord = "all-linear"

  /// How paths are chosen.
  public enum Words: Sendable, Hashable {
    /// Names, among which `all-linear` may be.
    case names([String])
    /// A regular expression, for the whole path.
    case pattern(String)
  }

  /// What chooses.
  public var words: Words
  /// Only layers of these blocks; nil for all.
  public var blocks: [Int]?

  /// Chooses by names.
  public init(_ names: [String], blocks: [Int]? = nil) {
    words = .names(names)
    self.blocks = blocks
  }

  /// Chooses by an expression, or by `all-linear`.
  public init(pattern: String, blocks: [Int]? = nil) {
    words = pattern.lowercased() == Self.allWord ? .names([Self.allWord]) : .pattern(pattern)
    self.blocks = blocks
  }

  /// Whether a layer is chosen.
  public func choose(_ path: String) -> Bool {
    switch words {
    case .pattern(let pattern):
      guard let expression = try? Regex(pattern) else { return false }
      return (try? expression.wholeMatch(in: path)) != nil
    case .names(let names):
      // A whole path is wanted as it is, whatever the numbers say.
      if names.contains(path) { return true }
      return names.contains { $0 == Self.allWord || Self.ends(path, in: $0) } && isInBlocks(path)
    }
  }

  /// The names that choose none of some layers.
  public func missing(among paths: [String]) -> [String] {
    switch words {
    case .pattern(let pattern): paths.contains(where: choose) ? [] : [pattern]
    case .names(let names):
      names.filter { name in
        name != Self.allWord && !paths.contains { $0 == name || Self.ends($0, in: name) }
      }
    }
  }

  private static func ends(_ path: String, in name: String) -> Bool { path.hasSuffix("." + name) }

  /// Whether the number of the block is wanted: as in PEFT, the first module from the third on that is a number, but the last.
  private func isInBlocks(_ path: String) -> Bool {
    guard let blocks, !blocks.isEmpty else { return true }
    let parts = path.split(separator: ".")
    guard let number = parts.dropFirst(2).dropLast().lazy.compactMap({ Int($0) }).first else { return false }
    return blocks.contains(number)
  }
}
