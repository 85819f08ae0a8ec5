internal import Basics
public import Experiment

/// Where the results of a manifest lie when the command line does not say.
public struct ResultsPlace: Sendable, Equatable {
  /// The folder, as it can be opened from the working directory.
  public var folder: String
  /// What a user should know of it; nil where it is the one that everybody expects.
  public var note: PlanNote?

  /// A folder that was asked for.
  public init(_ folder: String, note: PlanNote? = nil) {
    self.folder = folder
    self.note = note
  }

  private static let name = "Results"

  /// `Results` of the working directory where the manifest lies in or below it; else the nearest one with a store, from
  /// the manifest's folder upwards to the top of its repository or to the home folder; else one beside the manifest.
  ///
  /// - Parameters:
  ///   - manifest: As the user wrote it.
  ///   - workingDirectory: Absolute.
  ///   - exists: Whether there is such a file or folder.
  ///   - resolve: An absolute path without links.
  public static func of(
    manifest: String, workingDirectory: String, home: String?, exists: (String) -> Bool,
    resolve: (String) -> String = { $0 }
  ) -> ResultsPlace {
    let whole = whole(manifest, workingDirectory, resolve)
    let own = UserPath.parent(whole)
    func holdsStore(_ folder: String) -> Bool { exists("\(folder)/\(name)/.store") }
    func shown(_ folder: String) -> String {
      UserPath.shown("\(folder)/\(name)", from: workingDirectory, home: home)
    }
    func place(_ folder: String, _ hint: String) -> ResultsPlace {
      let path = UserPath.shown("\(folder)/\(name)", from: workingDirectory, home: nil)
      return ResultsPlace(path, note: PlanNote("the results lie in \(shown(folder))", hint: hint))
    }
    let nearest = folders(upwardsFrom: own, home: home, exists: exists).first(where: holdsStore)
    if UserPath.isBelow(own, workingDirectory) {
      guard let nearest, nearest != workingDirectory, !holdsStore(workingDirectory) else {
        return ResultsPlace(name)
      }
      return ResultsPlace(
        name,
        note: PlanNote(
          "there are no results here yet, and some in \(shown(nearest))",
          hint: "`--results \(UserPath.quoted(shown(nearest)))` goes on there"))
    }
    if let nearest { return place(nearest, "that is the manifest's; --results names another folder") }
    if holdsStore(workingDirectory) {
      return ResultsPlace(
        name,
        note: PlanNote(
          "the results lie in \(name) here, and none beside the manifest",
          hint: "--results names another folder"))
    }
    return place(own, "beside the manifest; --results names another folder")
  }

  /// The manifest's path from the top.
  ///
  /// What lies above a link is above the folder that it points at, as for the system.
  private static func whole(
    _ manifest: String, _ workingDirectory: String, _ resolve: (String) -> String
  ) -> String {
    var path = manifest.hasPrefix("/") ? "/" : workingDirectory
    for part in manifest.split(separator: "/") where part != "." {
      path = part == ".." ? UserPath.parent(resolve(path)) : UserPath.joined(path, String(part))
    }
    return path
  }

  private static func folders(
    upwardsFrom folder: String, home: String?, exists: (String) -> Bool
  ) -> [String] {
    var folders = [folder]
    while let last = folders.last, last != "/", last != home, !exists("\(last)/.git") {
      folders.append(UserPath.parent(last))
    }
    return folders
  }
}
