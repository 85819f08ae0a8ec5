internal import Basics

/// Reads one JSON object from each line; blank lines are passed over.
struct JSONLinesReader: RowReader {
  private let path: String
  private let bytes: [UInt8]
  private var position: Int
  private var line = 0

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

  private func row(_ part: Range<Int>) throws(Diagnostic) -> Row {
    do {
      let object = try JSON.object(bytes, in: part)
      return Row(line: line, names: object.names, fields: object.values)
    } catch {
      guard text(of: bytes[part]) != nil else {
        throw Diagnostic("not UTF-8", at: Place(file: path, line: line), hint: "save the file as UTF-8")
      }
      let column = error.column(from: part.lowerBound, in: bytes)
      throw Diagnostic(
        "not valid JSON: \(error.what)", at: Place(file: path, line: line, column: column),
        hint: error.hint ?? #"each line holds one object, for instance {"text": "…", "label": "…"}"#)
    }
  }
}
