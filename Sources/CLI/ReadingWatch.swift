import Basics
import Foundation
import Terminal

/// The living line of a plan that reads large data for the first time: it appears after a second.
final class ReadingWatch: Sendable {
  private struct State {
    var text: String?
    var isShown = false
    var isOver = false
  }

  private let state = Lock(State())

  /// Starts to wait.
  init() {
    guard Console.isTerminal else { return }
    DispatchQueue.global().asyncAfter(deadline: .now() + 1) { [weak self] in
      self?.state.withLock { state in
        guard !state.isOver else { return }
        state.isShown = true
        if let text = state.text { Console.status(text) }
      }
    }
  }

  /// Says what is read now.
  func tell(_ text: String) {
    state.withLock { state in
      state.text = text
      if state.isShown, !state.isOver { Console.status(text) }
    }
  }

  /// Clears the line.
  func close() {
    state.withLock { state in
      if state.isShown, !state.isOver { Console.status(nil) }
      state.isOver = true
    }
  }
}
