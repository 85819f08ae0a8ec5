internal import Basics
internal import Foundation

func fileExists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

/// Finds the folder of a base by its name.
public enum BaseLocator {
  /// The folder that a manifest's `base` means.
  ///
  /// In this order: a path; Mixology's own cache, `<cache>/mixology/models/<name>`; the Hugging Face hub's cache (the
  /// revision in `refs/main`). A folder counts where it holds `config.json`.
  /// - Parameters:
  ///   - name: A path, or a name such as `all-MiniLM-L6-v2` or `sentence-transformers/all-MiniLM-L6-v2`.
  ///   - revision: A branch, a tag or a commit of the hub, where `refs/main` is not wanted; folders have none.
  ///   - relativeTo: The folder that a relative path starts from: the manifest's.
  ///   - environment: The process's environment, handed in by the program.
  /// - Throws: a `Diagnostic` that lists where it looked.
  public static func resolve(
    _ name: String, revision: String? = nil, relativeTo: String, environment: [String: String]
  ) throws -> String {
    let candidates = candidates(name, revision, relativeTo: relativeTo, environment: environment)
      .map(UserPath.cleaned)
    if let folder = candidates.first(where: { fileExists($0 + "/config.json") }) { return folder }
    let looked = candidates.map { "\n    \($0)" }.joined()
    throw Diagnostic(
      "cannot find the base '\(name)'" + (revision.map { " at the revision '\($0)'" } ?? ""),
      hint: (wayOut(name, environment).map { $0 + "; " } ?? "")
        + "a folder with config.json was looked for at:\(looked)")
  }

  /// The bases that `make model` puts into the cache, the usual one first: the table of .make/model.sh.
  package static let fetched = ["all-MiniLM-L6-v2", "all-mpnet-base-v2"]

  /// What leads to a base in Mixology's cache: the same name without its owner, one that is near, or the one to fetch.
  private static func wayOut(_ name: String, _ environment: [String: String]) -> String? {
    guard let last = name.split(separator: "/").last.map(String.init), let cache = cacheFolder(environment)
    else {
      return nil
    }
    let models = "\(cache)/mixology/models"
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: models)) ?? []).sorted()
    let cached = names.filter { fileExists("\(models)/\($0)/config.json") }
    if let near = nearestName(to: last, among: cached) {
      return near == last ? "write '\(near)': so it is called in the cache" : "did you mean '\(near)'?"
    }
    guard let known = nearestName(to: last, among: fetched) else { return nil }
    return "`make model\(known == fetched[0] ? "" : " MODEL=\(known)")` fetches it, as '\(known)'"
  }

  /// The folder for what can be fetched or found again: `XDG_CACHE_HOME`, else `~/.cache`; nil without a home.
  public static func cacheFolder(_ environment: [String: String]) -> String? {
    environment["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : $0 }
      ?? environment["HOME"].map { $0 + "/.cache" }
  }

  private static func candidates(
    _ name: String, _ revision: String?, relativeTo: String, environment: [String: String]
  ) -> [String] {
    let home = environment["HOME"]
    if let revision {
      return hubs(environment, home: home).flatMap { hub in
        let model = "\(hub)/models--" + name.replacingOccurrences(of: "/", with: "--")
        return [commit(revision, of: model), revision].compactMap(\.self).map { "\(model)/snapshots/\($0)" }
      }
    }
    let path = UserPath.expanded(name, home: home)
    if path.hasPrefix("/") { return [path] }
    var found = [relativeTo.isEmpty ? name : relativeTo + "/" + name]
    if name.hasPrefix("./") || name.hasPrefix("../") { return found }
    if let cache = cacheFolder(environment) { found.append("\(cache)/mixology/models/\(name)") }
    for hub in hubs(environment, home: home) {
      let model = "\(hub)/models--" + name.replacingOccurrences(of: "/", with: "--")
      found.append("\(model)/snapshots/\(commit("main", of: model) ?? "main")")
    }
    return found
  }

  /// The commit that a branch or tag of a model in the hub's cache means.
  private static func commit(_ reference: String, of model: String) -> String? {
    FileManager.default.contents(atPath: "\(model)/refs/\(reference)")
      .map { String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines) }
  }

  /// The hub caches that the Hugging Face libraries would use, the named ones first.
  private static func hubs(_ environment: [String: String], home: String?) -> [String] {
    if let cache = environment["HF_HUB_CACHE"], !cache.isEmpty { return [cache] }
    if let folder = environment["HF_HOME"], !folder.isEmpty { return [folder + "/hub"] }
    return home.map { [$0 + "/.cache/huggingface/hub"] } ?? []
  }
}
