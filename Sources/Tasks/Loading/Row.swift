internal import Basics

/// A value of a data file as tasks use it.
extension JSON {
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
  var fields: [JSON]

  /// The field of a column; where none has the very bytes, one that reads the same (`é` in another form) is meant.
  subscript(name: String) -> JSON? { names.index(ofColumn: name).map { fields[$0] } }
}

extension [String] {
  fileprivate func index(ofColumn name: String) -> Int? {
    firstIndex { $0.hasBytes(of: name) } ?? firstIndex(of: name)
  }

  /// Whether one of them is the column that a task names.
  func holds(column name: String) -> Bool { index(ofColumn: name) != nil }
}

/// Something that gives the records of a file in order.
///
/// After a thrown diagnostic the next call goes on behind the bad record where that is possible and
/// ends where it is not, so that a caller can collect the problems of a whole file.
protocol RowReader {
  /// The columns of all records and the line that names them; nil where each record names its own.
  var header: (line: Int, names: [String])? { get }

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
