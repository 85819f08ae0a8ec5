internal import Foundation

/// A file that a user gives: weights, data, configurations, recipes.
public enum InputFile {
  /// All bytes of a file.
  ///
  /// - Throws: a `Diagnostic` where it cannot be read, or where a Git LFS pointer stands in its place.
  public static func bytes(
    _ path: String, called name: String = "the file", hint: String? = "check the path and its permissions"
  ) throws(Diagnostic) -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw Diagnostic("cannot read \(name)", at: Place(file: path), hint: hint)
    }
    let bytes = [UInt8](data)
    try refusePointer(bytes, path: path)
    return bytes
  }

  /// Refuses what a clone of a repository has where Git LFS has not fetched a file: a text of some lines about it.
  ///
  /// - Parameter bytes: The file, or at least its first line.
  public static func refusePointer(_ bytes: some Sequence<UInt8>, path: String) throws(Diagnostic) {
    guard bytes.starts(with: "version https://git-lfs.github.com/spec/".utf8) else { return }
    throw Diagnostic(
      "this is a Git LFS pointer, not the file itself", at: Place(file: path),
      hint: "run `git lfs pull` in its repository, or fetch the file again")
  }
}
