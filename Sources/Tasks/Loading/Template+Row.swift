internal import Basics
internal import Specs

extension Template {
  /// The text of one row.
  ///
  /// - Parameter allowsBlank: Whether all columns may be blank, as where one is hidden that is not.
  /// - Throws: where a column holds no scalar or all columns are blank.
  func filled(from row: Row, at place: Place, allowsBlank: Bool = false) throws(Diagnostic) -> String {
    var text = ""
    var isBlank = true
    for part in parts {
      switch part {
      case .literal(let literal): text += literal
      case .column(let name):
        guard let value = row[name]?.scalar else {
          let isObject = row[name]?.members != nil
          throw Diagnostic(
            "column '\(name)' holds no text", at: place,
            hint: isObject
              ? "it is an object, and columns are those of the outermost level: lift out what is to be read"
              : "give a string or a number")
        }
        if !value.allSatisfy(\.isWhitespace) { isBlank = false }
        text += value
      }
    }
    guard !isBlank || allowsBlank else {
      let names = columns.map { "'\($0)'" }.joined(separator: ", ")
      throw Diagnostic("empty text in \(names)", at: place, hint: "fill it in or remove the line")
    }
    return text
  }
}
