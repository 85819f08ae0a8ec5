internal import Basics
internal import Checkpoints
internal import Foundation

/// Finds the folders of the models that a recipe names.
enum ModelLocator {
  /// The folder of a checkpoint: `path`, or `name@revision` of the hub's cache.
  ///
  /// The recipe's folder goes first; mergekit starts from where it is called, so that comes next.
  static func folder(
    of name: String, relativeTo folder: String, _ environment: [String: String]
  ) throws -> String {
    let name = UserPath.expanded(name, home: environment["HOME"])
    let files = FileManager.default
    func has(_ file: String, _ path: String) -> Bool { files.fileExists(atPath: "\(path)/\(file)") }
    let own = name.hasPrefix("/") ? name : "\(folder)/\(name)"
    if !name.hasPrefix("/"), !has("config.json", own), has("config.json", name) { return name }
    if has("adapter_config.json", own), !has("config.json", own) {
      throw Diagnostic(
        "this is an adapter among checkpoints", at: Place(file: own),
        hint: "write checkpoint+\(name) to fold it into one")
    }
    guard !has("config.json", own), let (model, revision) = parts(name) else {
      return try BaseLocator.resolve(name, relativeTo: folder, environment: environment)
    }
    if let path = ["\(folder)/\(model)", model].first(where: { has("config.json", $0) }) {
      throw Diagnostic(
        "'\(model)' is a folder, and folders have no revision '\(revision)'", at: Place(file: path),
        hint: "leave '@\(revision)' out; only models of the Hugging Face cache have revisions")
    }
    return try BaseLocator.resolve(
      model, revision: revision, relativeTo: folder, environment: environment)
  }

  /// The folder of a reference's adapter; nil where it has none.
  static func adapter(
    of reference: CheckpointRecipe.Reference, relativeTo folder: String, _ environment: [String: String]
  ) throws(Diagnostic) -> String? {
    guard let name = reference.adapter else { return nil }
    let files = FileManager.default
    func places(_ name: String) -> [String] {
      let name = UserPath.expanded(name, home: environment["HOME"])
      return name.hasPrefix("/") ? [name] : ["\(folder)/\(name)", name]
    }
    if let found = places(name).first(where: { files.fileExists(atPath: $0 + "/adapter_config.json") }) {
      return found
    }
    let whole = reference.description
    let isFolder = places(whole).contains { files.fileExists(atPath: $0 + "/config.json") }
    throw Diagnostic(
      "cannot find the adapter '\(name)'",
      hint: isFolder
        ? "'\(whole)' is a folder: a name with a '+' is written {model: {path: \(whole)}}"
        : "a folder with adapter_config.json was looked for at:"
          + places(name).map { "\n    \($0)" }.joined())
  }

  /// Name and revision; nil without one.
  private static func parts(_ name: String) -> (model: String, revision: String)? {
    guard let at = name.lastIndex(of: "@"), at > name.startIndex, name.index(after: at) < name.endIndex
    else { return nil }
    return (String(name[..<at]), String(name[name.index(after: at)...]))
  }
}
