import Basics

/// A manifest with one mistake, and the key that it was made at.
struct ManifestMutant: CustomStringConvertible, Sendable {
  var rule: String
  var path: [String]
  var manifest: JSON

  var description: String { "\(rule) at \(path.joined(separator: "."))" }

  /// Every mistake of every rule at every key of the manifest, and parameters of other methods in its merges.
  static func all(of manifest: JSON) -> [ManifestMutant] {
    places(in: manifest, at: []).flatMap { path, value -> [ManifestMutant] in
      changes(of: value, at: path).map { rule, change in
        ManifestMutant(rule: rule, path: path, manifest: manifest.changing(path[...], change))
      }
    }
      + (manifest["merges"]?.list ?? []).indices.map { index in
        let path = ["merges", "\(index)", "neighbours"]
        return ManifestMutant(
          rule: "parameter of another method", path: path,
          manifest: manifest.changing(path.dropLast()) { $0.adding("neighbours", .number("3")) })
      }
  }

  private static func places(in value: JSON, at path: [String]) -> [(path: [String], value: JSON)] {
    let below: [(String, JSON)] =
      switch value {
      case .object(let members): members.map { ($0.name, $0.value) }
      case .list(let items): items.enumerated().map { ("\($0)", $1) }
      case .null, .flag, .number, .text: []
      }
    return (path.isEmpty ? [] : [(path, value)]) + below.flatMap { places(in: $1, at: path + [$0]) }
  }

  private typealias Change = (JSON) -> JSON?

  private static func changes(of value: JSON, at path: [String]) -> [(String, Change)] {
    var changes: [(String, Change)] = [("nothing", { _ in .null })]
    if Int(path.last ?? "") == nil { changes.append(("missing", { _ in nil })) }
    switch value {
    case .null, .flag:
      changes += [("a word for a flag", { _ in .text("maybe") }), ("a list for a flag", { .list([$0]) })]
    case .number:
      changes += [
        ("too large", { _ in .number("1e13") }), ("too small", { _ in .number("-1e13") }),
        ("a word for a number", { _ in .text("many") }), ("a list for a number", { .list([$0]) }),
        ("a mapping for a number", { .object(of: [("gird", .list([$0]))]) }),
      ]
    case .text:
      changes += [
        ("unknown word", { .text(($0.text ?? "") + "x") }), ("no word", { _ in .text("") }),
        ("a list for a word", { .list([$0]) }), ("a mapping for a word", { .object(of: [("word", $0)]) }),
      ]
    case .list:
      changes += [
        ("empty", { _ in .list([]) }), ("twice", { .list(($0.list ?? []) + ($0.list ?? []).prefix(1)) }),
        ("a mapping for a list", { .object(of: [("list", $0)]) }),
        ("a number for a list", { _ in .number("5") }),
      ]
    case .object:
      changes += [
        ("empty", { _ in .object(of: []) }), ("unknown key", { $0.adding("keyx", .number("1")) }),
        ("a list for a mapping", { .list([$0]) }), ("a word for a mapping", { _ in .text("word") }),
      ]
    }
    return changes
  }
}

extension JSON {
  static func object(of members: [(String, JSON)]) -> JSON {
    let text = members.map { "\(JSON.text($0.0).written): \($0.1.written)" }.joined(separator: ", ")
    return (try? JSON(Array("{\(text)}".utf8), file: "object")) ?? .null
  }

  /// The value with one more member at the end of a path.
  func setting(_ path: ArraySlice<String>, _ value: JSON) -> JSON {
    changing(path.dropLast()) { $0.adding(path.last ?? "", value) }
  }

  fileprivate func adding(_ name: String, _ value: JSON) -> JSON {
    .object(of: (members ?? JSON.Object()).map { ($0.name, $0.value) } + [(name, value)])
  }

  /// The value with another one at the end of a path; nil takes it away.
  fileprivate func changing(_ path: ArraySlice<String>, _ change: (JSON) -> JSON?) -> JSON {
    guard let key = path.first else { return change(self) ?? .null }
    func changed(_ value: JSON) -> JSON? {
      path.count == 1 ? change(value) : value.changing(path.dropFirst(), change)
    }
    switch self {
    case .object(let members):
      return .object(
        of: members.compactMap { name, value in
          (name == key ? changed(value) : value).map { (name, $0) }
        })
    case .list(let items):
      return .list(items.enumerated().compactMap { "\($0)" == key ? changed($1) : $1 })
    case .null, .flag, .number, .text: return self
    }
  }

  /// The value as JSON, which is YAML too.
  var written: String {
    switch self {
    case .null: return "null"
    case .flag(let flag): return "\(flag)"
    case .number(let digits): return digits
    case .text(let text): return JSONText.quoted(text)
    case .list(let items): return "[" + items.map(\.written).joined(separator: ", ") + "]"
    case .object(let members):
      return "{"
        + members.map { "\(JSON.text($0.name).written): \($0.value.written)" }.joined(separator: ", ") + "}"
    }
  }
}
