public import Basics
internal import Foundation

/// What the system lets this process, and each that it starts, have.
extension MachineFacts {
  /// How many files may be open at once; nil where nothing limits them.
  public static var openFiles: Int? { limit("Max open files") }

  /// Bytes of addresses that may be used (`ulimit -v`); nil where nothing limits them.
  public static var addressSpace: Int? { limit("Max address space") }

  /// Checks that threads which compute get room for their addresses: OpenBLAS asks for ever for what it is refused, and
  /// hears no signal then.
  ///
  /// - Parameters:
  ///   - threads: Those of this process that compute at once.
  ///   - addressSpace: Bytes; nil where nothing limits them.
  public static func checkRoom(
    threads: Int, addressSpace: Int? = MachineFacts.addressSpace
  ) throws(Diagnostic) {
    // Of each thread the buffer of OpenBLAS, 128 MiB, its stack, and a heap of its own; they are addresses, hardly memory.
    let needed = (640 + 192 * threads) << 20
    guard let addressSpace, addressSpace < needed else { return }
    throw Diagnostic(
      "only \(addressSpace >> 20) MiB of addresses may be used, and \(threads) computing "
        + "\(threads == 1 ? "thread needs" : "threads need") \(needed >> 20)",
      hint: "raise the limit with `ulimit -v \(needed >> 10)`, or lift it with `ulimit -v unlimited`"
        + (threads > 1 ? "; fewer workers or threads need less" : ""))
  }

  private static func limit(_ name: String) -> Int? {
    let text: String
    do { text = try String(contentsOfFile: "/proc/self/limits", encoding: .utf8) } catch {
      // Without room for this one file there is room for none.
      return name == "Max open files" && FileProblem.number(error) == EMFILE ? 0 : nil
    }
    let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
    return line?.split(separator: " ").dropFirst(3).first.flatMap { Int($0) }
  }
}
