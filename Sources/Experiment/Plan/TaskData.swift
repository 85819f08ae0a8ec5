internal import Basics
internal import Language
internal import Specs

/// A task whose data have been found.
struct TaskData: Sendable {
  /// As evaluations see it.
  var spec: TaskSpec
  var sizes: [Split: SplitSize]
  /// The files of its splits.
  var paths: [Split: String] = [:]
  var place: Place
  /// Rows that a training reads, as counted; nil where they could not be.
  var trainingRows: Int?

  /// Rows of a split after limits.
  func rows(_ split: Split) -> Int {
    let all = sizes[.train]?.rows ?? 0
    let rows =
      switch split {
      case .train: all - spec.heldBack(of: all)
      case .validation: chosenRows(sizes[split]?.rows ?? spec.heldBack(of: all))
      case .test: sizes[split]?.rows ?? 0
      }
    return min(rows, spec.limits[split.rawValue] ?? rows)
  }

  /// Validation rows that merges fit on, before limits.
  var fitRows: Int {
    let all = sizes[.train]?.rows ?? 0
    var part = spec.part
    part?.isFit = true
    return part?.count(of: sizes[.validation]?.rows ?? spec.heldBack(of: all)) ?? 0
  }

  private func chosenRows(_ rows: Int) -> Int { spec.part.map { $0.count(of: rows) } ?? rows }

  /// The lengths of a split's rows; validation that is taken from the training data has those of it.
  func lengths(_ split: Split) -> TextLengths {
    (sizes[split] ?? sizes[.train])?.lengths ?? TextLengths([], otherwise: 0)
  }
}

/// Looks for the data of tasks.
struct TaskFinder {
  let manifest: Manifest
  let resources: any Resources
  private(set) var problems: [Diagnostic] = []
  private(set) var notes: [PlanNote] = []
  private(set) var locations: [String: String] = [:]

  init(manifest: Manifest, resources: any Resources) {
    self.manifest = manifest
    self.resources = resources
  }

  private mutating func report(_ what: String, at place: Place, hint: String) {
    problems.append(manifest.source.diagnostic(what, at: place, hint: hint))
  }

  /// The task with hashes and sizes; nil where `problems` says what is missing.
  mutating func find(_ task: Manifest.Task) throws -> TaskData? {
    var data = TaskData(spec: task.spec, sizes: [:], place: task.place)
    switch task.data {
    case .generated(let place):
      data.place = place
      guard case .generated(let generator) = task.spec.source else { return nil }
      for split in Split.allCases {
        guard let rows = generator.rows[split.rawValue] else { continue }
        data.sizes[split] = SplitSize(
          rows: rows, lengths: lengths(data.spec, split, otherwise: WorkEstimate.generatedTokens))
      }
      return data
    case .folder(let folder, let place):
      data.place = place
      guard let paths = filesOf(task.name, folder, place) else { return nil }
      return try add(paths, to: &data) ? data : nil
    case .files(let files):
      return try add(files, to: &data) ? data : nil
    }
  }

  private func lengths(_ task: TaskSpec, _ split: Split, otherwise usual: Double) -> TextLengths {
    var base: String?
    if case .named(let name, _) = manifest.base { base = name }
    let sample = resources.lengths(of: task, split, base: base, locations: locations)
    return TextLengths(sample, otherwise: usual)
  }

  /// What a split's file is called, in other people's datasets too.
  private static func fileNames(of split: Split) -> [String] {
    let names = split == .validation ? [split.rawValue, "valid", "val", "dev"] : [split.rawValue]
    return names.flatMap { name in ["jsonl", "csv"].map { "\(name).\($0)" } }
  }

  private func path(_ text: String) -> String {
    UserPath.cleaned(text.hasPrefix("/") ? text : manifest.dataRoot + "/" + text)
  }

  private mutating func filesOf(
    _ task: String, _ folder: String, _ place: Place
  ) -> [Split: Manifest.LocatedPath]? {
    var found: [Split: Manifest.LocatedPath] = [:]
    for split in Split.allCases {
      let names = TaskFinder.fileNames(of: split).map { "\(folder)/\($0)" }.filter {
        resources.exists(path($0))
      }
      if names.count > 1 {
        report(
          "the task '\(task)' has both \(path(names[0])) and \(path(names[1]))", at: place,
          hint: "remove one of the two"
            + (split == .validation ? ", or name the right one under 'files'" : ""))
        return nil
      }
      guard let name = names.first else { continue }
      found[split] = Manifest.LocatedPath(path: name, place: place)
      if !name.contains("/\(split.rawValue).") {
        notes.append(
          PlanNote("taken as the \(split.rawValue) data of '\(task)'", at: Place(file: path(name))))
      }
    }
    if found[.train] == nil {
      report(
        "the task '\(task)' has no training data in \(path(folder))", at: place,
        hint:
          "it must hold train.jsonl or train.csv; 'data' lies under 'data_root', which is \(manifest.dataRoot)"
      )
      return nil
    }
    return found
  }

  private mutating func add(_ files: [Split: Manifest.LocatedPath], to data: inout TaskData) throws -> Bool {
    var isSound = true
    var hashed: [String: DataFile] = [:]
    for split in Split.allCases {
      guard let file = files[split] else { continue }
      let path = path(file.path)
      let format = path.split(separator: ".").last.map { $0.lowercased() } ?? ""
      guard ["jsonl", "csv"].contains(format) else {
        report(
          "the file \(path) is neither .jsonl nor .csv", at: file.place,
          hint: "name it by what it is, or convert it")
        isSound = false
        continue
      }
      guard resources.exists(path) else {
        report(
          "there is no file \(path)", at: file.place,
          hint: "'files' lie under 'data_root', which is \(manifest.dataRoot)")
        isSound = false
        continue
      }
      let facts = try resources.file(path)
      if facts.rows == 0 {
        report("the file \(path) has no rows", at: file.place, hint: "fill it or leave it out")
        isSound = false
      }
      hashed[split.rawValue] = DataFile(sha256: facts.sha256, format: format)
      data.paths[split] = path
      data.sizes[split] = SplitSize(
        rows: facts.rows, lengths: TextLengths([], otherwise: WorkEstimate.tokensPerRow(facts)))
      locations[facts.sha256] = path
    }
    data.spec.source = .files(hashed)
    guard isSound else { return false }
    for (split, size) in data.sizes {
      let usual = size.lengths.mean(cutTo: .max)
      data.sizes[split]?.lengths = lengths(data.spec, split, otherwise: usual)
    }
    return isSound
  }
}
