/// Numbers of tokens in files.
public enum TokenNumber {
  /// Largest number that is believed: tables have a place for each.
  public static let largest = 1 << 24

  /// A token's number; nil for what is none, or too large.
  public static func read(_ value: JSON) -> Int? {
    value.integer.flatMap { (0...largest).contains($0) ? $0 : nil }
  }
}
