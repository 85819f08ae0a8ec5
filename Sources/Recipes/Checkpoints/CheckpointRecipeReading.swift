internal import Basics
internal import Language

/// Turns the checked values of a recipe into the recipe.
struct CheckpointRecipeReading {
  let source: SourceText
  let method: CheckpointRecipeReader.Method?
  let path: String
  private(set) var problems: [Diagnostic] = []

  init(source: SourceText, method: CheckpointRecipeReader.Method?, path: String) {
    self.source = source
    self.method = method
    self.path = path
  }

  /// The recipe; nil where `problems` or those of the shape say why there is none.
  mutating func recipe(_ value: Value) -> CheckpointRecipe? {
    let body = module(value)
    let contents = ["models", "slices"].filter { body.has($0) }
    if contents.count != 1 {
      report(
        contents.isEmpty ? "there are no models to merge" : "'models' and 'slices' stand side by side",
        at: value.place, hint: "give one of models, slices and modules")
    }
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    var levels = [settings(value, ofModel: false)]
    if value.has("modules") { levels.insert(settings(body, ofModel: false), at: 0) }
    let slices = slices(body)
    let (tokenizer, tokens) = (tokenizer(value), tokens(value))
    let base = value["base_model"].map { reference($0) }
    guard problems.isEmpty, let name = value["merge_method"] else { return nil }
    return CheckpointRecipe(
      method: name.text ?? "", methodPlace: name.place,
      base: base,
      basePlace: value["base_model"]?.place, slices: slices,
      settings: levels, dtype: value["out_dtype"]?.text ?? value["dtype"]?.text, tokenizer: tokenizer,
      tokens: tokens, chatTemplate: value["chat_template"].map { ($0.text ?? "", $0.place) },
      leaveOut: (value["leave_out"]?.elements ?? []).compactMap { item in item.text.map { ($0, item.place) }
      },
      padsVocabularyTo: value["tokenizer"]?["pad_to_multiple_of"]?.integer,
      seed: value["seed"]?.integer ?? value["random_seed"]?.integer ?? 0, name: value["name"]?.text,
      text: source.lines.joined(separator: "\n"), folder: folder)
  }

  private mutating func report(_ what: String, at place: Place?, hint: String? = nil) {
    problems.append(source.diagnostic(what, at: place, hint: hint))
  }

  /// The top of the recipe, or its only module.
  private mutating func module(_ value: Value) -> Value {
    guard let modules = value["modules"] else { return value }
    for key in ["models", "slices"] where value.has(key) {
      report(
        "'\(key)' and 'modules' stand side by side", at: value.entry(key)?.keyPlace,
        hint: "give one of models, slices and modules")
    }
    if modules.entries.count != 1 {
      report(
        "\(modules.entries.count) modules", at: modules.place,
        hint: "models of one module are merged: give one, or models or slices at the top")
    }
    for module in modules.entries where module.key != "default" {
      report(
        "unknown module '\(module.key)'", at: module.keyPlace,
        hint:
          "models have one module, 'default'; a part of a model of several, as of text and pictures, cannot be merged alone"
      )
    }
    return modules.entries.first?.value ?? value
  }

  private mutating func slices(_ body: Value) -> [CheckpointRecipe.Slice] {
    if let models = body["models"] {
      if models.elements?.isEmpty == true {
        report("there are no models to merge", at: models.place, hint: "list at least one")
      }
      let sources = (models.elements ?? []).map { source($0) }
      return [.init(sources: sources, base: nil, settings: [:], place: models.place)]
    }
    guard let slices = body["slices"], let elements = slices.elements else { return [] }
    if elements.isEmpty { report("there are no slices", at: slices.place, hint: "list at least one") }
    return elements.map { slice($0) }
  }

  private mutating func slice(_ value: Value) -> CheckpointRecipe.Slice {
    let sources = (value["sources"]?.elements ?? []).map { source($0) }
    if value["sources"]?.elements?.isEmpty == true {
      report("a slice has no sources", at: value.place, hint: "list at least one model")
    }
    let counts = sources.compactMap(\.layers?.count)
    if let first = counts.first, let other = counts.first(where: { $0 != first }) {
      report(
        "the sources of a slice have \(first) and \(other) layers", at: value.place,
        hint: "give ranges of one length")
    }
    return .init(
      sources: sources, base: value["base_model"].map { reference($0) },
      settings: settings(value, ofModel: false), place: value.place)
  }

  private mutating func source(_ value: Value) -> CheckpointRecipe.Source {
    let model = value["model"]
    return .init(
      reference: model.map { reference($0) } ?? .init(model: "", adapter: nil), layers: layers(value),
      settings: settings(value, ofModel: true), place: model?.place ?? value.place)
  }

  private mutating func layers(_ value: Value) -> Range<Int>? {
    guard let range = value["layer_range"] else { return nil }
    let ends = (range.elements ?? []).compactMap(\.integer)
    guard ends.count == 2, range.elements?.count == 2, ends[0] < ends[1] else {
      report(
        "'layer_range' must be two whole numbers, the second above the first", at: range.place,
        hint: "[0, 4] are the layers 0, 1, 2 and 3")
      return nil
    }
    return ends[0]..<ends[1]
  }

  private mutating func reference(_ text: String, at place: Place) -> CheckpointRecipe.Reference {
    let parts = text.split(separator: "+", omittingEmptySubsequences: false).map(String.init)
    if parts.count > 2 || parts.contains("") {
      report(
        "'\(text)' is no model", at: place,
        hint: "write a checkpoint, or checkpoint+adapter; for a name with a '+' in it {model: {path: …}}")
    }
    return .init(model: parts[0], adapter: parts.count > 1 ? parts[1] : nil)
  }

  /// A model as a text, or in the longer form `{model: {path: …}, lora: {path: …}}`.
  private mutating func reference(_ value: Value) -> CheckpointRecipe.Reference {
    if let text = value.text { return reference(text, at: value.place) }
    let model = path(value["model"]) ?? path(value)
    if model == nil, !value.isBroken, !value.entries.contains(where: \.value.isBroken) {
      report("this is no model", at: value.place, hint: "write its name, or {model: {path: …}}")
    }
    return .init(model: model ?? "", adapter: path(value["lora"]))
  }

  /// A name, or `{path: …, revision: …}`.
  private func path(_ value: Value?) -> String? {
    if let text = value?.text { return text }
    guard let path = value?["path"]?.text else { return nil }
    return value?["revision"]?.text.map { "\(path)@\($0)" } ?? path
  }

  private mutating func tokenizer(_ value: Value) -> CheckpointRecipe.TokenizerSource? {
    if value.has("tokenizer"), let entry = value.entry("tokenizer_source") {
      report("'tokenizer' says it too", at: entry.keyPlace, hint: "keep one of the two")
    }
    guard let source = value["tokenizer_source"] ?? value["tokenizer"]?["source"] else {
      return value.has("tokenizer") ? .union : nil
    }
    switch source.text {
    case "base": return .base
    case "union": return .union
    default: return .model(reference(source))
    }
  }

  private mutating func tokens(_ value: Value) -> [CheckpointRecipe.TokenRule] {
    (value["tokenizer"]?["tokens"]?.entries ?? []).map { entry in
      let rule = entry.value
      return .init(
        token: ExactText(entry.key), source: rule["source"].flatMap { tokenSource($0) },
        isForced: rule["force"]?.settings.first == .flag(true),
        place: entry.keyPlace)
    }
  }

  private mutating func tokenSource(_ value: Value) -> CheckpointRecipe.TokenSource? {
    if let text = value.text { return .model(reference(text, at: value.place)) }
    if !value.has("kind"), value.has("model") { return .model(reference(value)) }
    let model = value["model"].map { reference($0) }
    switch (value["kind"]?.text, model, value["token"]?.text, value["token_id"]?.integer) {
    case ("zero", nil, nil, nil): return .zero
    case ("model_token", let model?, let token?, nil): return .token(model, ExactText(token))
    case ("model_token", let model?, nil, let row?): return .row(model, row)
    default:
      report(
        "this is no source of a token", at: value.place,
        hint: "write a model, {kind: zero}, or {kind: model_token, model: …} with either token or token_id")
      return nil
    }
  }

  // MARK: Parameters

  private mutating func settings(_ value: Value, ofModel: Bool) -> [String: RecipeSetting] {
    var settings: [String: RecipeSetting] = [:]
    for entry in value["parameters"]?.entries ?? [] {
      if ofModel, let method, !method.own.contains(where: { $0.name == entry.key }) {
        report(
          "'\(entry.key)' is a parameter of the whole merge, not of one model", at: entry.keyPlace,
          hint: "move it to the parameters at the top")
      }
      if let setting = setting(entry.value) { settings[entry.key] = setting }
    }
    return settings
  }

  private mutating func setting(_ value: Value) -> RecipeSetting? {
    switch value.content {
    case .broken, .grid: return nil
    case .scalar(let scalar): return .value(scalar)
    case .mapping: return choice(value).map { .filtered([$0]) }
    case .list(let elements):
      if elements.isEmpty {
        report("the list is empty", at: value.place, hint: "give at least one value")
        return nil
      }
      let choices = elements.compactMap { $0.entries.isEmpty ? nil : choice($0) }
      let values = elements.compactMap { $0.settings.first }
      if choices.count == elements.count { return checked(choices, at: elements) }
      if values.count == elements.count { return .gradient(values) }
      if !elements.contains(where: \.isBroken) {
        report(
          "single values and values with a filter are mixed", at: value.place,
          hint: "a list is a gradient over the layers, or a list of {filter, value}")
      }
      return nil
    }
  }

  private mutating func choice(_ value: Value) -> RecipeSetting.Choice? {
    guard let inner = value["value"], let setting = setting(inner) else { return nil }
    let filter = value["filter"]?.text
    let place = value["filter"]?.place ?? value.place
    return .init(filter: filter == "*" ? nil : filter, value: setting, place: place)
  }

  /// Choices of which every one can be reached.
  private mutating func checked(_ choices: [RecipeSetting.Choice], at elements: [Value]) -> RecipeSetting {
    if let open = choices.firstIndex(where: { $0.filter == nil }), open + 1 < choices.count {
      report(
        "this value is never used: the one before it has no filter and holds for all names",
        at: elements[open + 1].place, hint: "put the value without a filter last")
    }
    return .filtered(choices)
  }
}
