internal import Basics

/// Reads one JSON object from each line; blank lines are passed over.
struct JSONLinesReader: RowReader {
  private let path: String
  private let bytes: ArraySlice<UInt8>
  private var position: Int
  private var line = 0

  init(_ bytes: [UInt8], path: String) {
    self.path = path
    self.bytes = withoutMark(bytes)
    position = self.bytes.startIndex
  }

  mutating func next() throws(Diagnostic) -> Row? {
    while position < bytes.endIndex {
      let end = bytes[position...].firstIndex(of: 0x0a) ?? bytes.endIndex
      let content = bytes[position..<end]
      position = min(end + 1, bytes.endIndex)
      line += 1
      if content.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }) { continue }
      return try row(content)
    }
    return nil
  }

  private func row(_ content: ArraySlice<UInt8>) throws(Diagnostic) -> Row {
    guard text(of: content) != nil else {
      throw Diagnostic("not UTF-8", at: Place(file: path, line: line), hint: "save the file as UTF-8")
    }
    var scanner = JSONScanner(content)
    do {
      let (names, fields) = try scanner.object()
      return Row(line: line, names: names, fields: fields)
    } catch {
      let column = String(decoding: content.prefix(error.offset), as: UTF8.self).count + 1
      throw Diagnostic(
        "malformed JSON: \(error.what)", at: Place(file: path, line: line, column: column),
        hint: #"each line holds one object, for instance {"text": "…", "label": "…"}"#)
    }
  }
}
