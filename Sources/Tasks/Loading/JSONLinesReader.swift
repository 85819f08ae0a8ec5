internal import Basics

/// Reads one JSON object from each line; blank lines are passed over.
struct JSONLinesReader: RowReader {
  private let path: String
  private let bytes: [UInt8]
  private var position: Int
  private var line = 0
  private var hasBegun = false

  /// Each record names its own columns.
  let header: (line: Int, names: [String])? = nil

  init(_ bytes: [UInt8], path: String) {
    self.path = path
    self.bytes = bytes
    position = withoutMark(bytes).startIndex
  }

  mutating func next() throws(Diagnostic) -> Row? {
    while position < bytes.endIndex {
      let start = position
      let end = bytes[start...].firstIndex(of: 0x0a) ?? bytes.endIndex
      position = min(end + 1, bytes.endIndex)
      line += 1
      if bytes[start..<end].allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }) { continue }
      return try row(start..<end)
    }
    return nil
  }

  private mutating func row(_ part: Range<Int>) throws(Diagnostic) -> Row {
    defer { hasBegun = true }
    do {
      let object = try JSON.object(bytes, in: part)
      return Row(line: line, names: object.names, fields: object.values)
    } catch {
      guard text(of: bytes[part]) != nil else {
        throw Diagnostic("not UTF-8", at: Place(file: path, line: line), hint: "save the file as UTF-8")
      }
      if let problem = spread(bytes[part]) ?? (hasBegun ? nil : otherForm(bytes[part])) {
        // Every further line would say the same.
        position = bytes.endIndex
        throw problem
      }
      let column = error.column(from: part.lowerBound, in: bytes)
      throw Diagnostic(
        "not valid JSON: \(error.what)", at: Place(file: path, line: line, column: column),
        hint: error.hint ?? #"each line holds one object, for instance {"text": "…", "label": "…"}"#)
    }
  }

  /// What is wrong where an object goes on over the next line, as indented JSON does.
  private func spread(_ content: ArraySlice<UInt8>) -> Diagnostic? {
    func first(_ bytes: ArraySlice<UInt8>) -> UInt8? {
      bytes.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0d && $0 != 0x0a }
    }
    guard first(content) == UInt8(ascii: "{"), let next = first(bytes[position...]),
      [UInt8(ascii: "\""), UInt8(ascii: "}"), UInt8(ascii: "]")].contains(next)
    else { return nil }
    return Diagnostic(
      "an object begins here and goes on in the next line", at: Place(file: path, line: line),
      hint: "write one object a line, for instance by jq -c . old.json > new.jsonl")
  }

  /// What is wrong where the first line shows that the whole file has another form.
  private func otherForm(_ content: ArraySlice<UInt8>) -> Diagnostic? {
    let place = Place(file: path, line: line)
    if content.first(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0d }) == UInt8(ascii: "[") {
      return Diagnostic(
        "the file begins with '[', as a JSON array does", at: place,
        hint: "write one object a line, for instance by jq -c '.[]' old.json > new.jsonl")
    }
    if content.endIndex == bytes.endIndex, content.dropLast().contains(0x0d) {
      return Diagnostic(
        "the lines end in CR alone", at: place,
        hint: #"end them with LF, for instance by tr '\r' '\n' < old.jsonl > new.jsonl"#)
    }
    return nil
  }
}
