internal import Basics
internal import Foundation
internal import Language
internal import Specs

/// Which experiment the tables of a folder are of, as its `manifest.lock.yaml` says.
public struct TablesStamp: Sendable, Hashable {
  /// The settings of the command line that made it another experiment than the manifest's: `adapter.rank=4`.
  public var settings: [String]
  /// SHA-256 over the ids of its jobs, whichever points of grids are tested; nil where the lock file does not say.
  public var jobs: String?

  /// The stamp of a plan.
  ///
  /// - Parameter overrides: All settings of the command line; those that change no result are left out.
  public init(_ plan: Plan, overrides: [Override]) {
    settings = overrides.filter(\.changesResults).map(\.text)
    let ids = plan.testing(onlyChosen: []).jobs.map(\.id.hex).sorted()
    jobs = StableHash.hex(Data(ids.joined(separator: "\n").utf8))
  }

  /// The stamp in the text of a lock file, of an earlier version too.
  public init(lock text: String) {
    settings = []
    var yaml = YAMLReader(SourceText(text, path: "manifest.lock.yaml"))
    guard let root = yaml.read(), case .mapping(let pairs) = root.content else { return }
    for pair in pairs {
      switch (pair.key, pair.value.content) {
      case ("overrides", .sequence(let elements)): settings = elements.compactMap(\.scalar)
      case ("jobs", .scalar(let hash, _)): jobs = hash
      default: continue
      }
    }
  }

  /// `-S adapter.rank=4 -S seeds=[0]`; `no -S` where there is none.
  public var words: String {
    settings.isEmpty ? "no -S" : settings.map { "-S \($0)" }.joined(separator: " ")
  }

  /// Whether the tables of this stamp may take the place of another one's: they are of the same jobs, judged alike, or follow
  /// the manifest as it is edited.
  ///
  /// A manifest without settings may replace anything: its folder is its own.
  public func mayReplace(_ other: TablesStamp) -> Bool {
    settings.isEmpty || settings == other.settings || jobs == other.jobs && judging == other.judging
  }

  /// Those that run no job and change verdicts, such as a margin.
  private var judging: [String] { settings.filter { $0.hasPrefix("statistics") } }
}

extension YAMLNode {
  fileprivate var scalar: String? {
    guard case .scalar(let text, _) = content else { return nil }
    return text
  }
}
