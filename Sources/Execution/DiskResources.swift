public import Basics
internal import Checkpoints
public import Experiment
internal import Foundation
internal import LinearAlgebra
internal import Models
public import Outlines
public import Specs
internal import Tasks
internal import Tokenizers
internal import Training

/// The planner's view of the disk.
///
/// Hashes are remembered while files are the same, so that a second plan reads no data again.
public final class DiskResources: Resources {
  private struct Opened {
    var tokenizers: [String: Tokenizer] = [:]
    var bases: [String: BaseFacts] = [:]
  }

  /// What is remembered from one command to the next.
  public let facts: FactsCache
  private let folder: String
  private let environment: [String: String]
  /// Whether jobs are to run here, so that what they need of the machine is asked for.
  private let runsJobs: Bool
  /// Hears what is read now, in words.
  let tell: @Sendable (String) -> Void
  private let hashes: FileHashes
  // The planner may ask from several threads.
  private let opened = Lock(Opened())

  /// Looks at the disk with a memory.
  ///
  /// - Parameters:
  ///   - facts: Where hashes and lengths are remembered.
  ///   - folder: What relative paths of bases start from; empty for the working directory. A manifest's own paths come
  ///     with its folder in front.
  ///   - runsJobs: Whether what jobs need of the machine is asked for; not where they are only looked up.
  ///   - tell: Hears what is read, before a file or a set is read that is not remembered: large ones take minutes.
  public init(
    facts: FactsCache, folder: String, environment: [String: String], runsJobs: Bool = true,
    tell: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.facts = facts
    self.tell = tell
    hashes = FileHashes(facts, tell: tell)
    self.folder = folder
    self.environment = environment
    self.runsJobs = runsJobs
  }

  /// Whether there is a file.
  public func exists(_ path: String) -> Bool {
    let values = try? URL(fileURLWithPath: path).resolvingSymlinksInPath().resourceValues(forKeys: [
      .isRegularFileKey
    ])
    return values?.isRegularFile ?? false
  }

  /// Facts about a data file.
  public func file(_ path: String) throws -> FileFacts {
    guard exists(path) else {
      throw Diagnostic("there is no such file", at: Place(file: path), hint: "is data_root right?")
    }
    let rows = try facts.value(.rows, try FileHashes.key(path)) { try DiskResources.lines(path) }
    return FileFacts(sha256: try hashes.hash(path), rows: rows, bytes: try size(path))
  }

  /// Products in bf16 need a library.
  public func obstacle(to precision: Precision) -> Diagnostic? {
    runsJobs && precision == .bfloat16 ? OneDNN.shared.problem : nil
  }

  /// The folder of a base that a user names.
  public static func locate(_ name: String, relativeTo folder: String, environment: [String: String]) throws
    -> String
  {
    try BaseLocator.resolve(name, relativeTo: folder, environment: environment)
  }

  /// Facts about a base model, which is opened as a job would open it.
  ///
  /// - Throws: `Diagnostics` with all that keeps jobs from using it; what was found sound is remembered.
  public func base(_ name: String) throws -> BaseFacts {
    if let facts = opened.withLock({ $0.bases[name] }) { return facts }
    let path = try BaseLocator.resolve(name, relativeTo: folder, environment: environment)
    let sha256: String
    do {
      sha256 = try hashes.hash(ofBase: path)
      let beside = (["tokenizer_config.json"] + SentenceModules.files).map { "\(path)/\($0)" }
      let key = try ([sha256] + beside.map { exists($0) ? try hashes.hash($0) : "" }).joined(separator: " ")
      if facts.value(.soundBase, key) != true {
        let problems = BaseCheck.problems(path)
        if !problems.isEmpty { throw Diagnostics(problems) }
        facts.keep(true, .soundBase, key)
      }
    } catch let error as Diagnostic {
      // Not all of its files can be hashed: what else is wrong is told as well.
      let problems = BaseCheck.problems(path)
      throw Diagnostics(problems.isEmpty ? [error] : problems)
    }
    let found = BaseFacts(
      sha256: sha256, path: path, outline: try NetworkFamilies.describe(folder: path).outline,
      longest: try SentenceModules(folder: path).longest)
    opened.withLock { $0.bases[name] = found }
    return found
  }

  /// How a base serves a task; nothing where the base itself cannot be used, which is told already.
  public func fit(of task: TaskSpec, base name: String) -> TaskFit {
    do {
      let base = try base(name)
      let key = try StableHash.hex(of: [
        base.sha256, try StableHash.hex(of: task.labels), task.head.rawValue, task.text, task.pair ?? "none",
      ])
      if facts.value(.servedTask, key) == true { return TaskFit() }
      var fit = BaseCheck.fit(
        of: task, with: try tokenizer(base.path), base.outline.limits)
      // Labels that are one text have been told.
      if fit == TaskFit(), let note = LikeLabels.note(try likeLabels(task, base), of: task) {
        fit.notes = [note]
      }
      if fit == TaskFit() { facts.keep(true, .servedTask, key) }
      return fit
    } catch {
      return TaskFit()
    }
  }

  private func likeLabels(_ task: TaskSpec, _ base: BaseFacts) throws -> [LikeLabels] {
    guard task.head == .labels, TaskKinds.row(of: task.kind).outline.labels != nil else { return [] }
    return try facts.value(
      .likeLabels, "\(base.sha256) \(try StableHash.hex(of: task.labels)) \(LikeLabels.limit)"
    ) {
      LikeLabels.found(task, try BaseFolder.open(base.path))
    }
  }

  /// The outline of a base that a job will make.
  public func outline(of pretrain: PretrainSpec) -> ModelOutline { BaseFolder.outline(of: pretrain) }

  /// Tokens of at most 256 rows of a split, spread evenly over it; words and signs where the base, and with it the
  /// tokeniser, is yet to be made.
  public func lengths(
    of task: TaskSpec, _ split: Split, base name: String?, locations: [String: String]
  ) -> [Int] {
    var task = task
    task.limits = [:]
    if case .generated(var generator) = task.source {
      for (split, rows) in generator.rows { generator.rows[split] = min(rows, DiskResources.sampleRows) }
      task.source = .generated(generator)
    }
    do {
      let key = try StableHash.hex(of: [
        try StableHash.hex(of: task), split.rawValue, try name.map { try self.base($0).sha256 } ?? "words",
      ])
      return try facts.value(.lengths, key) {
        tell("measuring the texts of \(task.name), \(split.rawValue)")
        let examples = try TaskLoader.load(task, split: split) { locations[$0] }
        let step = Double(examples.count) / Double(min(examples.count, DiskResources.sampleRows))
        let sample = (0..<min(examples.count, DiskResources.sampleRows)).map {
          examples[Int(Double($0) * step)]
        }
        return try count(sample, of: task, base: name)
      }
    } catch {
      // What is wrong with the data is said before the run, with its place.
      return []
    }
  }

  private static let sampleRows = 256

  private func count(_ examples: [Example], of task: TaskSpec, base name: String?) throws -> [Int] {
    guard let name else { return examples.map(DiskResources.words) }
    let reader = TaskReader(task, tokenizer: try tokenizer(base(name).path), end: nil)
    return examples.map { reader.row($0, maxTokens: .max, isLearnt: false).ids.count }
  }

  /// The tokeniser of a base's folder, read once.
  func tokenizer(_ path: String) throws -> Tokenizer {
    try opened.withLock { opened in
      if let known = opened.tokenizers[path] { return known }
      let read = try Tokenizer(file: path + "/tokenizer.json")
      opened.tokenizers[path] = read
      return read
    }
  }

  /// Words and signs with the marks around them; a vocabulary made from such texts holds nearly all words whole.
  static func words(_ example: Example) -> Int {
    func count(_ text: String) -> Int {
      var words = 0
      var isInWord = false
      for scalar in text.unicodeScalars {
        let isLetter = scalar.properties.isAlphabetic || scalar.properties.numericType != nil
        if !scalar.properties.isWhitespace, !(isLetter && isInWord) { words += 1 }
        isInWord = isLetter
      }
      return words
    }
    let text = example.words.isEmpty ? example.text : example.words.joined(separator: " ")
    return count(text) + (example.pair.map { count($0) + 1 } ?? 0) + 2
  }

  private func size(_ path: String) throws -> Int {
    let resolved = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    return (try FileManager.default.attributesOfItem(atPath: resolved)[.size] as? Int) ?? 0
  }

  private static func lines(_ path: String) throws -> Int {
    let data = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
    return data.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }.count
  }
}

extension FactKind<Bool> {
  /// A base in which `BaseCheck` found nothing, by the hashes of its files.
  fileprivate static var soundBase: FactKind { FactKind("bases") }
  /// A task that a base can serve, by the base's hash and what `BaseCheck` looks at.
  fileprivate static var servedTask: FactKind { FactKind("tasks") }
}

extension FactKind<[LikeLabels]> {
  /// Labels that a base takes nearly for one, by the hashes of base and labels.
  fileprivate static var likeLabels: FactKind { FactKind("labels") }
}

extension FactKind<Int> {
  /// Lines of a file that are not empty, by the file's key.
  fileprivate static var rows: FactKind { FactKind("rows") }
}

extension FactKind<[Int]> {
  /// Tokens of some rows, by task, split and base.
  fileprivate static var lengths: FactKind { FactKind("lengths") }
}
