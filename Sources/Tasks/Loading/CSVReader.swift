internal import Basics

/// Reads comma-separated records (RFC 4180); the first one names the columns.
///
/// Lines end in LF, CRLF or, as in old spreadsheets' files, CR. A field in double quotes may hold commas, line breaks and,
/// doubled, quotes. Blank lines are passed over.
struct CSVReader: RowReader {
  private let path: String
  private let bytes: ArraySlice<UInt8>
  private var position: Int
  private var line = 1
  private(set) var header: (line: Int, names: [String])?

  /// What other programs put between fields.
  private struct Separator {
    let byte: UInt8
    let name: String
    /// As Python writes it.
    let escape: String
  }

  private static let separators = [
    Separator(byte: UInt8(ascii: ";"), name: "semicolons", escape: ";"),
    Separator(byte: UInt8(ascii: "\t"), name: "tabs", escape: "\\t"),
    Separator(byte: UInt8(ascii: "|"), name: "bars", escape: "|"),
  ]

  private static let quote = UInt8(ascii: "\"")
  private static let comma = UInt8(ascii: ",")

  init(_ bytes: [UInt8], path: String) throws(Diagnostic) {
    self.path = path
    self.bytes = withoutMark(bytes)
    position = self.bytes.startIndex
    guard let record = try record() else { return }
    let names = record.fields
    header = (record.line, names)
    if names.count == 1, let separator = CSVReader.otherSeparator(in: names[0]) {
      throw Diagnostic(
        "the header names one column, '\(names[0])', whose words are apart by \(separator.name)",
        at: Place(file: path, line: record.line), hint: CSVReader.conversion(from: separator))
    }
    for (index, name) in names.enumerated() where names[..<index].contains(where: { $0.hasBytes(of: name) }) {
      throw Diagnostic(
        "column '\(name)' stands twice", at: Place(file: path, line: record.line), hint: "rename one of them")
    }
  }

  mutating func next() throws(Diagnostic) -> Row? {
    guard let record = try record() else { return nil }
    let names = header?.names ?? []
    guard record.fields.count == names.count else {
      throw Diagnostic(
        "the header names \(names.count) columns, but the number of fields is \(record.fields.count)",
        at: Place(file: path, line: record.line), hint: "put a field that holds a comma into double quotes")
    }
    return Row(line: record.line, names: names, fields: record.fields.map(JSON.text))
  }

  private static func otherSeparator(in name: String) -> Separator? {
    separators.first { separator in name.utf8.contains(separator.byte) }
  }

  private static func conversion(from separator: Separator) -> String {
    "fields are separated by commas here and seem to be by \(separator.name) in this file: convert it, for instance by "
      + #"pandas.read_csv("old.csv", sep="\#(separator.escape)").to_csv("new.csv", index=False)"#
  }

  private mutating func record() throws(Diagnostic) -> (line: Int, fields: [String])? {
    while skipLineEnd() {}
    guard position < bytes.endIndex else { return nil }
    let start = line
    var fields = [try field()]
    while position < bytes.endIndex, bytes[position] == CSVReader.comma {
      position += 1
      fields.append(try field())
    }
    _ = skipLineEnd()
    return (start, fields)
  }

  private mutating func skipLineEnd() -> Bool {
    guard position < bytes.endIndex, let length = lineEnd(at: position) else { return false }
    position += length
    line += 1
    return true
  }

  private func lineEnd(at place: Int) -> Int? {
    if bytes[place] == 0x0a { return 1 }
    guard bytes[place] == 0x0d else { return nil }
    return place + 1 < bytes.endIndex && bytes[place + 1] == 0x0a ? 2 : 1
  }

  private mutating func field() throws(Diagnostic) -> String {
    if position < bytes.endIndex, bytes[position] == CSVReader.quote { return try quotedField() }
    let start = position
    while position < bytes.endIndex, bytes[position] != CSVReader.comma, lineEnd(at: position) == nil {
      guard bytes[position] != CSVReader.quote else {
        throw fatal(
          "a quote inside a field without quotes", line: line,
          hint: "put the whole field into double quotes and double the inner ones")
      }
      position += 1
    }
    return try decoded(bytes[start..<position], line: line)
  }

  private mutating func quotedField() throws(Diagnostic) -> String {
    let start = line
    var content: ArraySlice<UInt8> = []
    position += 1
    while position < bytes.endIndex {
      let byte = bytes[position]
      position += 1
      if byte == 0x0a || byte == 0x0d && (position == bytes.endIndex || bytes[position] != 0x0a) { line += 1 }
      guard byte == CSVReader.quote else {
        content.append(byte)
        continue
      }
      guard position < bytes.endIndex else { return try decoded(content, line: start) }
      if bytes[position] == CSVReader.quote {
        content.append(byte)
        position += 1
      } else if bytes[position] == CSVReader.comma || lineEnd(at: position) != nil {
        return try decoded(content, line: start)
      } else {
        let separator = CSVReader.separators.first { $0.byte == bytes[position] }
        throw fatal(
          "text behind the closing quote of a field", line: line,
          hint: separator.map(CSVReader.conversion) ?? "double the quotes inside a field")
      }
    }
    throw fatal("a field without its closing quote", line: start, hint: "close the quote that opens here")
  }

  private mutating func decoded(_ content: ArraySlice<UInt8>, line: Int) throws(Diagnostic) -> String {
    guard let text = text(of: content) else {
      throw fatal("not UTF-8", line: line, hint: "save the file as UTF-8")
    }
    return text
  }

  /// Where quotes are wrong nothing behind can be trusted: the file ends here.
  private mutating func fatal(_ what: String, line: Int, hint: String) -> Diagnostic {
    position = bytes.endIndex
    return Diagnostic(what, at: Place(file: path, line: line), hint: hint)
  }
}
