/// Why a job is to be done.
public enum Reason: Sendable, Hashable {
  /// Its cell was never run.
  case new
  /// A setting was another one.
  case setting(String, from: String, to: String)
  /// A data file was another one, from a line on where that is known.
  case file(String, line: Int?)
  /// A job whose artefacts it reads is done again, or is another one.
  case input
  /// Its files are no longer what it wrote.
  case damaged(String)
  /// Its files were dropped, and something asks for them.
  case dropped(String)
  /// It failed the last time.
  case failed(String)
  /// It was done, and its result is no longer in the store.
  case gone
  /// Something is to be chosen first: another job may stand in its place.
  case choice
  /// Nothing is known of what it was.
  case unknown

  /// A word for programs.
  public var kind: String {
    switch self {
    case .new: "new"
    case .setting: "setting"
    case .file: "file"
    case .input: "input"
    case .damaged: "damaged"
    case .dropped: "dropped"
    case .failed: "failed"
    case .gone: "gone"
    case .choice: "choice"
    case .unknown: "unknown"
    }
  }

  /// In words: `training.learning_rate from 0.001 to 0.002`.
  public var words: String {
    switch self {
    case .new: "new"
    case .setting(let name, let from, let to): "\(name) from \(from) to \(to)"
    case .file(let path, let line): line.map { "\(path) changed, first in line \($0)" } ?? "\(path) changed"
    case .input: "an input is to run"
    case .damaged(let what): what
    case .dropped(let what): "made again for \(what)"
    case .failed(let what): "failed last time: \(what)"
    case .gone: "its result is gone from the store"
    case .choice: "waits for what validation chooses, which may be another one"
    case .unknown: "not in the store"
    }
  }
}
