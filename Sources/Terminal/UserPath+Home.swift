package import Basics
internal import Foundation

extension UserPath {
  /// The home folder of who runs the program.
  package static var home: String? { ProcessInfo.processInfo.environment["HOME"] }

  /// A path of the command line, with `~` for that folder.
  package static func expanded(_ path: String) -> String { expanded(path, home: home) }
}
