internal import Basics
internal import Foundation

/// Finds a base by a path or a name.
public enum BaseLocator {
  /// The folder of a base.
  ///
  /// Looked for in this order: a folder of that path (relative to the manifest), this program's own cache
  /// (`<cache>/mixology/models/<name>`), the Hugging Face cache (`HF_HUB_CACHE`, `HF_HOME/hub`,
  /// `<cache>/huggingface/hub`), where `refs/main` names the snapshot. `<cache>` is `XDG_CACHE_HOME` or `~/.cache`.
  /// - Throws: a `Diagnostic` that lists where it looked.
  public static func resolve(_ name: String, relativeTo folder: String, environment: [String: String]) throws -> String {
    let cache = environment["XDG_CACHE_HOME"] ?? (environment["HOME"] ?? "") + "/.cache"
    let hubs = [environment["HF_HUB_CACHE"], environment["HF_HOME"].map { $0 + "/hub" }, cache + "/huggingface/hub"]
    var looked: [String] = []
    func isBase(_ path: String) -> Bool {
      looked.append(path)
      return FileManager.default.fileExists(atPath: path + "/config.json")
    }
    let path = name.hasPrefix("/") ? name : folder + "/" + name
    if isBase(path) { return URL(fileURLWithPath: path).standardizedFileURL.path }
    let own = cache + "/mixology/models/" + name
    if isBase(own) { return own }
    for hub in hubs.compactMap({ $0 }) {
      let model = hub + "/models--" + name.split(separator: "/").joined(separator: "--")
      let revision = (try? String(contentsOfFile: model + "/refs/main", encoding: .utf8)) ?? "main"
      let snapshot = model + "/snapshots/" + revision.trimmingCharacters(in: .whitespacesAndNewlines)
      if isBase(snapshot) { return snapshot }
    }
    throw Diagnostic(
      "cannot find the base '\(name)'",
      hint: "looked for a config.json in \(looked.joined(separator: ", ")); `make model` fetches all-MiniLM-L6-v2")
  }
}
