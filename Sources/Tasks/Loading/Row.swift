internal import Basics

/// A value of a data file, as far as tasks can use it.
enum Field: Sendable, Hashable {
  case text(String)
  /// A JSON number as it was written, so that the label `1` is not read as `1.0`.
  case number(String)
  case flag(Bool)
  case null
  case list([Field])
  case object

  /// A scalar as text; nil for lists and objects.
  var scalar: String? {
    switch self {
    case .text(let text): text
    case .number(let digits): digits
    case .flag(let flag): flag ? "true" : "false"
    case .null: ""
    case .list, .object: nil
    }
  }

  /// A list of scalars, or a text cut at its spaces (the way of CSV); nil for anything else.
  var words: [String]? {
    switch self {
    case .text(let text): return text.split(separator: " ").map(String.init)
    case .list(let fields):
      let words = fields.compactMap(\.scalar)
      return words.count == fields.count ? words : nil
    case .number, .flag, .null, .object: return nil
    }
  }
}

/// One record of a data file.
struct Row {
  /// The line on which the record starts, from one.
  var line: Int
  var names: [String]
  var fields: [Field]

  subscript(name: String) -> Field? {
    names.firstIndex(of: name).map { fields[$0] }
  }
}

/// Something that gives the records of a file in order.
///
/// After a thrown diagnostic the next call goes on behind the bad record where that is possible and
/// ends where it is not, so that a caller can collect the problems of a whole file.
protocol RowReader {
  mutating func next() throws(Diagnostic) -> Row?
}

/// UTF-8 bytes as text; nil where they are none.
func text(of bytes: ArraySlice<UInt8>) -> String? {
  String(validating: bytes, as: UTF8.self)
}

/// The bytes without a byte order mark.
func withoutMark(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
  bytes.starts(with: [0xef, 0xbb, 0xbf]) ? bytes[3...] : bytes[...]
}
