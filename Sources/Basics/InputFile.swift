internal import Foundation

/// A file that a user gives: weights, data, configurations, recipes.
public enum InputFile {
  /// All bytes of a file.
  ///
  /// - Throws: a `Diagnostic` where it cannot be read, or where a Git LFS pointer stands in its place.
  public static func bytes(
    _ path: String, called name: String = "the file", hint: String? = "check the path and its permissions"
  ) throws(Diagnostic) -> [UInt8] {
    let data: Data
    do { data = try Data(contentsOf: URL(fileURLWithPath: path)) } catch {
      throw refusal(of: error, path, called: name, hint: hint)
    }
    let bytes = [UInt8](data)
    try refusePointer(bytes, path: path)
    return bytes
  }

  /// What is said of a file that the system does not open.
  static func refusal(
    of error: any Error, _ path: String, called name: String = "the file", hint: String? = nil
  ) -> Diagnostic {
    let number = SystemRefusal.number(of: error)
    let isForbidden = number == EACCES || number == EPERM
    return Diagnostic(
      "cannot read \(name)" + (isForbidden ? ": Permission denied" : ""), at: Place(file: path),
      hint: isForbidden ? SystemRefusal.remedy(EACCES, isReading: true) : hint)
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

  /// A whole file of text, without the mark that some editors put before UTF-8.
  ///
  /// - Throws: a `Diagnostic` where it cannot be read or is not UTF-8.
  public static func text(
    _ path: String, called name: String, hint: String? = "check the path and its permissions"
  ) throws(Diagnostic) -> String {
    let bytes = try bytes(path, called: name, hint: hint)
    try refuseWideText(bytes, path: path)
    let mark: [UInt8] = [0xef, 0xbb, 0xbf]
    guard let text = String(validating: bytes.dropFirst(bytes.starts(with: mark) ? 3 : 0), as: UTF8.self)
    else {
      throw Diagnostic("\(name) is not UTF-8", at: Place(file: path), hint: "save it as UTF-8")
    }
    return text
  }

  /// Refuses text of two or four bytes a letter, as some spreadsheets and shells write it: by its mark, or by its many
  /// zeros.
  public static func refuseWideText(_ bytes: [UInt8], path: String) throws(Diagnostic) {
    let isMarked = bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff])
    let start = bytes.prefix(4096)
    guard isMarked || (start.count > 1 && 4 * start.count { $0 == 0 } >= start.count) else { return }
    throw Diagnostic(
      "this is text in UTF-16 or UTF-32, not in UTF-8", at: Place(file: path),
      hint: "save it as UTF-8, for instance by iconv -f UTF-16 -t UTF-8 old > new")
  }
}
