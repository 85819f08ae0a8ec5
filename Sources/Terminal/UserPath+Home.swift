package import Basics
internal import Foundation

extension UserPath {
  /// The home folder of who runs the program.
  package static var home: String? { ProcessInfo.processInfo.environment["HOME"] }

  /// Where the program was called.
  package static var workingDirectory: String { FileManager.default.currentDirectoryPath }

  /// A path as one would write it in that folder.
  package static func shown(_ path: String) -> String { shown(path, from: workingDirectory, home: home) }

  /// The same for every path in a text.
  package static func shown(inText text: String) -> String {
    shown(inText: text, from: workingDirectory, home: home)
  }

  /// A path of the command line, with `~` for that folder.
  package static func expanded(_ path: String) -> String { expanded(path, home: home) }
}
