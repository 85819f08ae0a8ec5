internal import Foundation

/// A text as a YAML file takes it: bare where it cannot be taken for anything else, else in double quotes.
public func yamlScalar(_ text: String) -> String {
  let isBare =
    text.first.map { $0.isASCII && $0.isLetter } ?? false
    && text.unicodeScalars.allSatisfy {
      $0.isASCII && ($0.properties.isAlphabetic || "0123456789_.+-/".unicodeScalars.contains($0))
    }
    && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(text.lowercased())
  if isBare { return text }
  guard let data = try? StableHash.canonicalJSON(text) else { preconditionFailure("a text without JSON") }
  return String(decoding: data, as: UTF8.self)
}
