import Basics
import Foundation

extension UserPath {
  /// The home folder of who runs the program.
  static var home: String? { ProcessInfo.processInfo.environment["HOME"] }

  /// A path of the command line, with `~` for that folder.
  static func expanded(_ path: String) -> String { expanded(path, home: home) }
}
