internal import Basics
internal import Checkpoints
public import Experiment
public import Foundation
internal import LinearAlgebra
internal import Models
public import Specs
internal import Tasks
internal import Tokenizers
internal import Training

/// The planner's view of the disk.
///
/// Hashes are kept in a file by path, size and time of change, so that a second plan reads no data again.
public final class DiskResources: Resources, @unchecked Sendable {
  private struct Known: Codable {
    var facts: String
    var rows: Int
  }

  // The lock guards the two dictionaries; the planner may ask from several threads.
  private let lock = NSLock()
  private var known: [String: Known]
  private var lengths: [String: [Int]]
  private var isChanged = false
  private var tokenizers: [String: Tokenizer] = [:]
  private var bases: [String: BaseFacts] = [:]
  private let cache: URL
  private let folder: String
  private let environment: [String: String]

  /// Opens the cache of hashes.
  ///
  /// - Parameters:
  ///   - cache: Where hashes are kept.
  ///   - folder: What relative paths of bases start from; empty for the working directory. A manifest's own paths come
  ///     with its folder in front.
  public init(cache: URL, folder: String, environment: [String: String]) {
    self.cache = cache
    self.folder = folder
    self.environment = environment
    let data = try? Data(contentsOf: cache)
    known = data.flatMap { try? JSONDecoder().decode([String: Known].self, from: $0) } ?? [:]
    let counted = try? Data(contentsOf: DiskResources.lengthsFile(beside: cache))
    lengths = counted.flatMap { try? JSONDecoder().decode([String: [Int]].self, from: $0) } ?? [:]
  }

  private static func lengthsFile(beside cache: URL) -> URL {
    cache.deletingLastPathComponent().appendingPathComponent("lengths.json")
  }

  /// Writes the cache of hashes and lengths where it changed; a failure only costs time.
  public func save() {
    lock.withLock {
      guard isChanged else { return }
      isChanged = false
      try? FileManager.default.createDirectory(
        at: cache.deletingLastPathComponent(), withIntermediateDirectories: true)
      try? StableHash.canonicalJSON(known).write(to: cache, options: .atomic)
      try? StableHash.canonicalJSON(lengths).write(
        to: DiskResources.lengthsFile(beside: cache), options: .atomic)
    }
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
    let known = try hash(path, countingRows: true)
    return FileFacts(sha256: known.facts, rows: known.rows, bytes: try size(path))
  }

  /// The folder of a base that a user names.
  public static func locate(_ name: String, relativeTo folder: String, environment: [String: String]) throws
    -> String
  {
    try BaseLocator.resolve(name, relativeTo: folder, environment: environment)
  }

  /// Facts about a base model.
  public func base(_ name: String) throws -> BaseFacts {
    if let facts = lock.withLock({ bases[name] }) { return facts }
    let path = try BaseLocator.resolve(name, relativeTo: folder, environment: environment)
    let configuration = try ModelConfiguration(folder: path)
    let shape = try EncoderShape(configuration, folder: path)
    var parts: [String] = []
    for file in try BaseFolder.files(of: path) {
      let name = file.split(separator: "/").last.map(String.init) ?? file
      parts.append("\(name) \(try hash(file, countingRows: false).facts)")
    }
    let facts = BaseFacts(
      sha256: StableHash.hex(Data(parts.joined(separator: "\n").utf8)), path: path,
      sizes: EncoderSizes(
        layers: shape.layers, hidden: shape.hidden, intermediate: shape.intermediate, heads: shape.heads,
        embeddings: shape.vocabulary + shape.positions + shape.types), linearLayers: shape.sites.map(\.path))
    lock.withLock { bases[name] = facts }
    return facts
  }

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
      if let known = lock.withLock({ lengths[key] }) { return known }
      let examples = try TaskLoader.load(task, split: split) { locations[$0] }
      let step = Double(examples.count) / Double(min(examples.count, DiskResources.sampleRows))
      let sample = (0..<min(examples.count, DiskResources.sampleRows)).map {
        examples[Int(Double($0) * step)]
      }
      let counts = try count(sample, base: name)
      lock.withLock {
        lengths[key] = counts
        isChanged = true
      }
      return counts
    } catch {
      // What is wrong with the data is said before the run, with its place.
      return []
    }
  }

  private static let sampleRows = 256

  private func count(_ examples: [Example], base name: String?) throws -> [Int] {
    guard let name else { return examples.map(DiskResources.words) }
    let path = try base(name).path
    let tokenizer = try lock.withLock {
      if let known = tokenizers[path] { return known }
      let read = try Tokenizer(file: path + "/tokenizer.json")
      tokenizers[path] = read
      return read
    }
    return examples.map { TokenizedExample($0, tokenizer: tokenizer, maxTokens: .max).ids.count }
  }

  /// Words and signs with the marks around them; a vocabulary made from such texts holds nearly all words whole.
  private static func words(_ example: Example) -> Int {
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

  private func hash(_ path: String, countingRows: Bool) throws -> Known {
    // The file itself, not the link to it: a link can come to point at another file of equal size and time.
    let file = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    let attributes = try FileManager.default.attributesOfItem(atPath: file)
    let changed = (attributes[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
    let key = "\(file) \(try size(path)) \(changed)"
    if let value = lock.withLock({ known[key] }) { return value }
    let value = Known(
      facts: try StableHash.hex(file: path), rows: countingRows ? try DiskResources.lines(path) : 0)
    lock.withLock {
      known[key] = value
      isChanged = true
    }
    return value
  }

  private func size(_ path: String) throws -> Int {
    let resolved = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    return (try FileManager.default.attributesOfItem(atPath: resolved)[.size] as? Int) ?? 0
  }

  private static func lines(_ path: String) throws -> Int {
    let data = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
    return data.split(separator: UInt8(ascii: "\n")).count
  }
}
