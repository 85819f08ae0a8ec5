extension UserPath {
  /// A path as one would write it from a folder: relative to it where that is at most two folders up
  /// (and not over the top of the disk), else from the home folder, else whole.
  ///
  /// - Parameters:
  ///   - path: Absolute; any other one stays as it is.
  ///   - folder: Absolute.
  public static func shown(_ path: String, from folder: String, home: String?) -> String {
    guard path.hasPrefix("/") else { return path }
    if let near = relative(path, to: folder) { return near }
    if let home, home.count > 1, isBelow(path, home) { return "~" + path.dropFirst(home.count) }
    return path
  }

  /// The same for every absolute path in a text.
  public static func shown(inText text: String, from folder: String, home: String?) -> String {
    guard text.contains("/") else { return text }
    var shown = ""
    var rest = text[...]
    var before: Character = " "
    while let character = rest.first {
      if character == "/", before.isWhitespace || "'\"`(=,".contains(before) {
        let path = rest.prefix { !$0.isWhitespace && !"'\"`),:".contains($0) }
        shown += self.shown(String(path), from: folder, home: home)
        rest = rest.dropFirst(path.count)
        before = path.last ?? before
      } else {
        shown.append(character)
        rest = rest.dropFirst()
        before = character
      }
    }
    return shown
  }

  /// A path from a folder on, its parts `..` carried out; an absolute one is itself.
  public static func joined(_ folder: String, _ path: String) -> String {
    var parts: [Substring] = []
    for part in (path.hasPrefix("/") ? path : folder + "/" + path).split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }

  /// The folder that holds an absolute path; of the top itself.
  public static func parent(_ path: String) -> String { joined(path, "..") }

  /// Whether an absolute path is a folder or lies in or below it.
  public static func isBelow(_ path: String, _ folder: String) -> Bool {
    path == folder || path.hasPrefix(folder.hasSuffix("/") ? folder : folder + "/")
  }

  private static func relative(_ path: String, to folder: String) -> String? {
    let (to, from) = (path.split(separator: "/"), folder.split(separator: "/"))
    let shared = zip(to, from).prefix { $0 == $1 }.count
    let up = from.count - shared
    guard shared > 0, up <= 2, up == 0 || shared > 1 else { return nil }
    let parts = Array(repeating: "..", count: up) + to.dropFirst(shared).map(String.init)
    return parts.isEmpty ? "." : parts.joined(separator: "/")
  }
}
