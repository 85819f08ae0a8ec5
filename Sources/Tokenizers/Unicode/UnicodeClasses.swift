/// What BERT's normaliser and pre-tokeniser ask about a scalar, one byte of flags for each.
///
/// The sets are those of the Hugging Face library, which has them from an older Unicode than Swift's
/// standard library: a table keeps both equal whatever Unicode the toolchain knows.
struct UnicodeClasses: OptionSet, Sendable {
  let rawValue: UInt8

  /// Removed by `clean_text`: controls, formats, private use, U+FFFD.
  static let dropped = UnicodeClasses(rawValue: 1)
  /// White space; `clean_text` makes it a space, the pre-tokeniser splits there.
  static let space = UnicodeClasses(rawValue: 2)
  /// An ideograph that `handle_chinese_chars` puts between spaces.
  static let ideograph = UnicodeClasses(rawValue: 4)
  /// A nonspacing mark, removed by `strip_accents`.
  static let mark = UnicodeClasses(rawValue: 8)
  /// Punctuation, a word of its own.
  static let punctuation = UnicodeClasses(rawValue: 16)
  /// Canonical decomposition or reordering may change it.
  static let decomposable = UnicodeClasses(rawValue: 32)
  /// Lower-casing may change it.
  static let cased = UnicodeClasses(rawValue: 64)

  /// The flags of every scalar, by its value.
  static let all: [UnicodeClasses] = {
    var table = [UnicodeClasses](repeating: [], count: 0x110000)
    func mark(_ bounds: [UInt32], _ flag: UnicodeClasses) {
      for i in stride(from: 0, to: bounds.count, by: 2) {
        for value in bounds[i]...bounds[i + 1] { table[Int(value)].insert(flag) }
      }
    }
    mark(UnicodeRanges.dropped, .dropped)
    mark(UnicodeRanges.spaces, .space)
    mark(UnicodeRanges.ideographs, .ideograph)
    mark(UnicodeRanges.marks, .mark)
    mark(UnicodeRanges.punctuation, .punctuation)
    mark(UnicodeRanges.decomposable, .decomposable)
    mark(UnicodeRanges.cased, .cased)
    return table
  }()

  /// The flags of a scalar.
  static func of(_ scalar: UInt32) -> UnicodeClasses { all[Int(scalar)] }
}
