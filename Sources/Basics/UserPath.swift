/// Paths as users write them and as messages show them.
public enum UserPath {
  /// A path that begins with `~`, alone or before a slash, from the home folder; any other one as it is.
  ///
  /// - Parameter home: What `HOME` says, as in a shell: who sets it means it.
  public static func expanded(_ path: String, home: String?) -> String {
    guard path == "~" || path.hasPrefix("~/"), let home, !home.isEmpty else { return path }
    return cleaned(home + path.dropFirst())
  }

  /// A path without parts that say nothing: `./../data` is `../data`, `a//./b` is `a/b`.
  ///
  /// What stands before `..` stays: where it is a link, the folder above it is another one.
  public static func cleaned(_ path: String) -> String {
    let parts = path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    if path.hasPrefix("/") { return "/" + parts }
    return parts.isEmpty && !path.isEmpty ? "." : parts
  }

  /// A path as a shell takes it: between quotes where it holds something that the shell would read otherwise.
  public static func quoted(_ path: String) -> String {
    if path.hasPrefix("~/") { return "~/" + quoted(String(path.dropFirst(2))) }
    let plain = "_-./+=,:@%"
    if !path.isEmpty, path.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) || plain.contains($0) }) {
      return path
    }
    return "'" + path.replacing("'", with: #"'\''"#) + "'"
  }
}
