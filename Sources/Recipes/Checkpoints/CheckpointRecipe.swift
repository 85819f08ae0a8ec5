public import Basics

/// A merge of full checkpoints as mergekit's recipes describe it.
public struct CheckpointRecipe: Sendable {
  /// A model, or a model with an adapter folded in: `path+adapter`.
  ///
  /// A model of the hub may have a revision: `name@revision`.
  public struct Reference: Sendable, Hashable, CustomStringConvertible {
    /// The checkpoint as the recipe writes it.
    public var model: String
    /// The adapter as the recipe writes it.
    public var adapter: String?

    /// `path` or `path+adapter`.
    public var description: String { adapter.map { "\(model)+\($0)" } ?? model }
  }

  /// A model that takes part in a slice.
  public struct Source: Sendable {
    /// The model.
    public var reference: Reference
    /// Its layers from … up to; nil are all.
    public var layers: Range<Int>?
    /// The parameters beside it.
    public var settings: [String: RecipeSetting]
    /// Where it stands.
    public var place: Place
  }

  /// Some layers of the result and what they are merged from.
  public struct Slice: Sendable {
    /// The models, of as many layers each.
    public var sources: [Source]
    /// A base of its own.
    public var base: Reference?
    /// The parameters beside it.
    public var settings: [String: RecipeSetting]
    /// Where it stands.
    public var place: Place
  }

  /// Whose tokens the result has.
  public enum TokenizerSource: Sendable, Hashable {
    /// Those of the base, or of the first model.
    case base
    /// Those of all models.
    case union
    /// Those of a model.
    case model(Reference)
  }

  /// Where the embedding of a token comes from.
  public enum TokenSource: Sendable, Hashable {
    /// From nowhere: zeros.
    case zero
    /// The same token of a model.
    case model(Reference)
    /// Another token of a model.
    case token(Reference, ExactText)
    /// A row of a model's embeddings.
    case row(Reference, Int)
  }

  /// What a recipe says of one token.
  public struct TokenRule: Sendable {
    /// The token; one that the tokenizer lacks is added to it.
    public var token: ExactText
    /// Where its embedding comes from in models that lack it; nil where nothing is said.
    public var source: TokenSource?
    /// Whether it comes from there in all models.
    public var isForced: Bool
    /// Where it stands.
    public var place: Place
  }

  /// The method as the recipe writes it.
  public var method: String
  /// Where it stands.
  public var methodPlace: Place
  /// The base.
  public var base: Reference?
  /// Where it stands.
  public var basePlace: Place?
  /// The slices from the first layer to the last; one of all layers where the recipe has `models`.
  public var slices: [Slice]
  /// The parameters of the whole merge, those of a module before those of the top.
  public var settings: [[String: RecipeSetting]]
  /// The number type to write: `out_dtype`, else `dtype`.
  public var dtype: String?
  /// Whose tokenizer the result has, where the recipe says it.
  public var tokenizer: TokenizerSource?
  /// Tokens of which more is said.
  public var tokens: [TokenRule]
  /// The chat template of the result: auto, a name or the template itself.
  public var chatTemplate: (text: String, place: Place)?
  /// Modules that are left out of all models: heads.
  public var leaveOut: [(module: String, place: Place)]
  /// What the rows of the embeddings are padded to a multiple of.
  public var padsVocabularyTo: Int?
  /// The seed of methods that draw.
  public var seed: Int
  /// What the recipe calls the result.
  public var name: String?
  /// The recipe as it was written.
  public var text: String
  /// The folder that relative names start from: the recipe's.
  public var folder: String

  /// Where a model is named.
  public func place(of reference: Reference) -> Place {
    if reference == base, let basePlace { return basePlace }
    let sources = slices.flatMap(\.sources)
    return sources.first { $0.reference == reference }?.place ?? Place(file: methodPlace.file)
  }

  /// All models, the base first, each once.
  public var references: [Reference] {
    var all: [Reference] = []
    for reference in [base].compactMap(\.self)
      + slices.flatMap({ slice in
        [slice.base].compactMap(\.self) + slice.sources.map(\.reference)
      }) where !all.contains(reference)
    {
      all.append(reference)
    }
    return all
  }
}

/// A parameter's value in a recipe: one, a gradient over the layers, or one by the names of tensors.
public indirect enum RecipeSetting: Sendable, Hashable {
  /// The same everywhere.
  case value(ParameterValue)
  /// Between these along the layers: numbers are interpolated, others chosen.
  case gradient([ParameterValue])
  /// The first whose filter is part of the tensor's name; nil is part of every name.
  case filtered([Choice])

  /// A value for some tensors.
  public struct Choice: Sendable, Hashable {
    /// What the tensor's name must contain.
    public var filter: String?
    /// The value there.
    public var value: RecipeSetting
    /// Where it stands.
    public var place: Place

    /// A value for some tensors.
    public init(filter: String?, value: RecipeSetting, place: Place) {
      self.filter = filter
      self.value = value
      self.place = place
    }
  }

  /// The value for a tensor; nil where no filter is part of its name.
  ///
  /// - Parameter t: How deep the tensor's layer lies, 0…1; 0 outside layers.
  public func value(for tensor: String, at t: Double) -> ParameterValue? {
    switch self {
    case .value(let value): return value
    case .filtered(let choices):
      let choice = choices.first { choice in choice.filter.map { tensor.contains($0) } ?? true }
      return choice?.value.value(for: tensor, at: t)
    case .gradient(let values):
      let place = t * Double(values.count - 1)
      let index = min(values.count - 1, Int(place))
      guard case .number(let first) = values[index],
        case .number(let second) = values[min(values.count - 1, index + 1)]
      else { return values[index] }
      let share = place - Double(index)
      return .number((1 - share) * first + share * second)
    }
  }

  /// The filters that choose by name.
  public var filters: [(text: String, place: Place)] {
    guard case .filtered(let choices) = self else { return [] }
    return choices.compactMap { choice in choice.filter.map { ($0, choice.place) } }
  }
}
