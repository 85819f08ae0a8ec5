internal import Basics
internal import Language
internal import Results
internal import Specs

/// Reads the text of a manifest into values.
public enum ManifestReader {
  /// The manifest of a text, with settings of the command line put in.
  ///
  /// - Parameters:
  ///   - text: the YAML text.
  ///   - path: the file, for messages and for paths that are relative to its folder.
  ///   - overrides: settings that replace what the text says, later ones over earlier ones.
  ///   - vocabulary: the methods, metrics, rules and forms that exist.
  ///   - home: the folder that `~` stands for at the start of a path; nil leaves it.
  /// - Throws: `Diagnostics` with all problems in the order of their places.
  public static func read(
    _ text: String, path: String, overrides: [Override], vocabulary: Vocabulary, home: String? = nil
  ) throws -> Manifest {
    let source = SourceText(text, path: path)
    var yaml = YAMLReader(source)
    guard var root = yaml.read() else { throw source.ordered(yaml.problems) }
    if let problem = FileKind.manifest.complaint(root, source) { throw problem }
    let shape = ManifestShape(vocabulary: vocabulary).root
    var problems = yaml.problems
    for override in overrides {
      do throws(Diagnostic) {
        root = try override.applied(to: root, shape: shape)
      } catch {
        problems.append(error)
      }
    }
    var checker = ShapeChecker(source, otherWords: OtherWords.settings)
    let value = checker.value(root, shape, path: "")
    var reading = ManifestReading(root: value, source: source, vocabulary: vocabulary, home: home)
    let manifest = reading.manifest()
    problems += checker.problems + reading.problems
    guard problems.isEmpty else { throw source.ordered(problems) }
    return manifest
  }
}

/// One reading of a manifest: turns values of the right shape into the manifest and collects what does not fit together.
struct ManifestReading {
  let root: Value
  let source: SourceText
  let vocabulary: Vocabulary
  let home: String?
  var problems: [Diagnostic] = []

  init(root: Value, source: SourceText, vocabulary: Vocabulary, home: String?) {
    self.home = home
    self.root = root
    self.source = source
    self.vocabulary = vocabulary
  }

  mutating func report(_ what: String, at place: Place?, hint: String? = nil) {
    problems.append(source.diagnostic(what, at: place, hint: hint))
  }

  mutating func manifest() -> Manifest {
    var tasks = tasks()
    let taskNames = root["tasks"]?.entries.map(\.key) ?? tasks.map(\.name)
    let arms = arms()
    let points = gridPoints(arms.map(\.arm), taskNames: taskNames)
    var cocktails = CocktailTable(tasks: tasks, taskNames: taskNames)
    readCocktails(into: &cocktails)
    let merges = merges(&cocktails, points: points)
    part(&tasks, merges, cocktails)
    let evaluate = evaluate(taskNames)
    checkGrids(merges, cocktails.cocktails, evaluate)
    let seeds = seeds()
    let tuning = tuning(cocktails, tasks: tasks, seeds: seeds, evaluate)
    return Manifest(
      path: source.path,
      name: name(),
      title: root["title"]?.text ?? "",
      dataRoot: dataRoot,
      seeds: seeds,
      varies: varies(tasks),
      source: source,
      base: base(),
      tasks: tasks,
      cocktails: cocktails.cocktails,
      points: points,
      arms: arms.map { arm($0, cocktails, hasMerges: !merges.isEmpty) },
      tuning: tuning,
      setsMaxTokens: root["training"]?.has("max_tokens") ?? false,
      targetsPlace: root["adapter"]?["targets"]?.place ?? root["base"]?.place ?? root.place,
      bfloatPlace: bfloatPlace,
      saysTargets: root["adapter"]?["targets"] != nil,
      merges: merges,
      evaluate: evaluate,
      budget: budgetWords(),
      margin: root["statistics"]?["margin"]?.number)
  }

  /// Where bf16 is asked for first.
  private var bfloatPlace: Place? {
    let word = ParameterValue.text(Precision.bfloat16.rawValue)
    return [root["training"], root["evaluate"]].compactMap { $0?["precision"] }
      .first { $0.settings.contains(word) || $0.text == Precision.bfloat16.rawValue }?.place
  }

  /// The manifest's folder; empty where the manifest lies in the working directory.
  private var folder: String {
    guard let slash = source.path.lastIndex(of: "/") else { return "" }
    return String(source.path[...slash])
  }

  /// A path as the program can open it: relative ones belong to the manifest's folder, those of the
  /// command line to the working directory.
  private func resolved(_ value: Value) -> String {
    let text = UserPath.expanded(value.text ?? "", home: home)
    return UserPath.cleaned(text.hasPrefix("/") || value.place.file != source.path ? text : folder + text)
  }

  /// The experiment's name, which a folder has to take.
  private mutating func name() -> String {
    guard let value = root["name"], let name = value.text else { return "" }
    if name.utf8.count > 255 {
      report(
        "the experiment's name has \(name.utf8.count) bytes, and a folder takes 255", at: value.place,
        hint: "shorten it; 'title' takes a text of any length")
    }
    return name
  }

  private var dataRoot: String {
    if let root = root["data_root"] { return resolved(root) }
    return folder.isEmpty ? "." : UserPath.cleaned(folder)
  }

  private mutating func seeds() -> [Int] {
    guard let elements = root["seeds"]?.elements else { return [0] }
    if elements.isEmpty, let place = root["seeds"]?.place {
      report("'seeds' is empty", at: place, hint: "one seed is enough: [0]")
    }
    var seeds: [Int] = []
    for element in elements {
      guard let seed = element.integer else { continue }
      if seeds.contains(seed) { report("the seed \(seed) stands twice", at: element.place) }
      seeds.append(seed)
    }
    return seeds
  }

  /// What differs from seed to seed; rows only where a limit draws them.
  private mutating func varies(_ tasks: [Manifest.Task]) -> Set<Variation> {
    guard let elements = root["vary"]?.elements else { return Variation.usual }
    let found = Set(elements.compactMap { $0.text.flatMap { Variation(rawValue: $0) } })
    if elements.isEmpty, let place = root["vary"]?.place {
      report(
        "'vary' is empty", at: place, hint: "seeds that vary nothing are copies: [start, order] is usual")
    }
    let rows = elements.first { $0.text == Variation.rows.rawValue }
    if let rows, !tasks.contains(where: { $0.spec.limits[Split.train.rawValue] != nil }) {
      report(
        "'vary: rows' varies nothing: no task has limits.train", at: rows.place,
        hint: "a limit draws its rows anew for each seed; without one all rows are read")
    }
    let base = elements.first { $0.text == Variation.base.rawValue }
    if let base, let given = root["base"], given["pretrain"] == nil {
      report(
        "'vary: base' varies nothing: the base is a checkpoint, the same for all seeds", at: base.place,
        hint: "leave it out, or let each seed pretrain one: base: {pretrain: {...}}")
    }
    return found
  }

  /// Takes from the tasks of merges that fit on validation rows those rows out of what chooses.
  private mutating func part(
    _ tasks: inout [Manifest.Task], _ merges: [Manifest.Merge], _ table: CocktailTable
  ) {
    let fitting = merges.filter { $0.demands.tuning?.split == .validation }
    let names = Set(fitting.flatMap { $0.inputs.flatMap { table.cocktails[$0].tasks } })
    for index in tasks.indices where names.contains(tasks[index].name) {
      let own = root["tasks"]?[tasks[index].name]?["fit_fraction"] ?? root["task_defaults"]?["fit_fraction"]
      tasks[index].spec.part = ValidationPart(
        fitFraction: own?.number ?? TaskSpec.usualFitFraction, isFit: false)
    }
    let hint = "leave it out, or add a merge that learns or searches on validation rows"
    for task in root["tasks"]?.entries ?? [] where !names.contains(task.key) {
      guard let extra = task.value.entry("fit_fraction") else { continue }
      report(
        "'fit_fraction' has no effect: no merge of the task '\(task.key)' fits on validation rows",
        at: extra.keyPlace, hint: hint)
    }
    if names.isEmpty, let extra = root["task_defaults"]?.entry("fit_fraction") {
      report("'fit_fraction' has no effect: no merge fits on validation rows", at: extra.keyPlace, hint: hint)
    }
  }

  private mutating func base() -> Manifest.Base {
    guard let value = root["base"] else { return .named("", root.place) }
    guard let pretrain = value["pretrain"] else {
      let text = value.text ?? ""
      let isPath = text.hasPrefix("./") || text.hasPrefix("../")
      return .named(isPath ? path(resolved(value)) : text, value.place)
    }
    var spec = PretrainSpec()
    for row in PretrainSettings.rows {
      if let value = pretrain[row.parameter.name]?.settings.first { row.apply(value, &spec) }
    }
    if spec.hidden % spec.heads != 0 {
      report(
        "\(spec.heads) heads do not divide the width \(spec.hidden)",
        at: (pretrain["heads"] ?? pretrain["hidden"] ?? pretrain).place,
        hint: "'hidden' must be a multiple of 'heads'")
    }
    return .pretrained(spec, value.place)
  }

  /// A path that cannot be taken for a name in a cache.
  private func path(_ cleaned: String) -> String {
    cleaned.hasPrefix("/") || cleaned.contains("../") ? cleaned : "./" + cleaned
  }

  private mutating func evaluate(_ taskNames: [String]) -> Manifest.Evaluate {
    let value = root["evaluate"]
    var tasks = Manifest.Evaluate.Tasks.all
    if value?["tasks"]?.text == "own" { tasks = .own }
    if let elements = value?["tasks"]?.elements {
      if elements.isEmpty { report("'evaluate.tasks' is empty", at: value?["tasks"]?.place) }
      tasks = .listed(known(elements, among: taskNames, kind: "task"))
    }
    let all: [Split] = [.validation, .test]
    let words = value?["splits"]?.texts
    if value?["splits"]?.elements?.isEmpty ?? false {
      report("'evaluate.splits' is empty", at: value?["splits"]?.place)
    }
    let splits = all.filter { words?.contains($0.rawValue) ?? true }
    let testsChosenOnly = value?["grids"]?.text == "chosen"
    if testsChosenOnly, !splits.contains(.validation) {
      report(
        "'evaluate.grids: chosen' needs the validation split, which chooses", at: value?["grids"]?.place,
        hint: "add validation to evaluate.splits")
    }
    let precision = value?["precision"]?.text.flatMap { Precision(rawValue: $0) }
    return Manifest.Evaluate(
      tasks: tasks, splits: splits, testsChosenOnly: testsChosenOnly, precision: precision ?? .float32,
      hasFloors: value?["floors"]?.settings.first != .flag(false))
  }

  /// The texts of a list that are known, each once; the others are reported.
  ///
  /// - Parameter meant: The name that a word of other programs stands for.
  mutating func known(
    _ elements: [Value], among names: [String], kind: String, meant: (String) -> String? = { _ in nil }
  ) -> [String] {
    var found: [String] = []
    for element in elements {
      guard let name = element.text else { continue }
      if !names.contains(name) {
        let hint = meant(name).map { "did you mean '\($0)'?" } ?? suggestion(for: name, among: names)
        report("unknown \(kind) '\(name)'", at: element.place, hint: hint)
      } else if found.contains(name) {
        report("the \(kind) '\(name)' stands twice in the list", at: element.place)
      } else {
        found.append(name)
      }
    }
    return found
  }
}
