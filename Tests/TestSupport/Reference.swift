public import Foundation

/// Where tests find what does not belong to the project.
public enum Reference {
  /// The folder of the package.
  public static var package: URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
  }

  /// Golden files: `Tests/Golden/<path>`.
  public static func golden(_ path: String) -> URL {
    package.appendingPathComponent("Tests/Golden/\(path)")
  }

  /// The folder of real datasets: `MIXOLOGY_DATA`, else `../shared/data` beside the package; nil where missing.
  public static var data: URL? {
    let named = ProcessInfo.processInfo.environment["MIXOLOGY_DATA"].map { URL(fileURLWithPath: $0) }
    let folder = named ?? package.deletingLastPathComponent().appendingPathComponent("shared/data")
    return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
  }

  /// The real base that `make model` fetches (all-MiniLM-L6-v2): `MIXOLOGY_MODEL`, else the cache; nil where missing.
  public static var model: URL? {
    model(ProcessInfo.processInfo.environment["MIXOLOGY_MODEL"] ?? cached("all-MiniLM-L6-v2"))
  }

  /// stories260K of llama2.c with its vocabulary: `../shared/models/stories260K` beside the package; nil where missing.
  public static var stories: URL? {
    let folder = package.deletingLastPathComponent().appendingPathComponent("shared/models/stories260K")
    return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
  }

  /// all-mpnet-base-v2 in the cache, where `make model MODEL=all-mpnet-base-v2` puts it; nil where missing.
  public static var mpNet: URL? { model(cached("all-mpnet-base-v2")) }

  private static func cached(_ name: String) -> String {
    let environment = ProcessInfo.processInfo.environment
    let cache = environment["XDG_CACHE_HOME"] ?? (environment["HOME"] ?? "") + "/.cache"
    return cache + "/mixology/models/" + name
  }

  private static func model(_ folder: String) -> URL? {
    FileManager.default.fileExists(atPath: folder + "/model.safetensors")
      ? URL(fileURLWithPath: folder) : nil
  }
}
