public import LinearAlgebra

/// Sums XᵀX of the inputs of some linear layers in the forward pass, once for layers that read the same input.
///
/// Only upper triangles are summed. Cost: T·in² FLOPs an input.
public final class GramDoor: LinearDoor {
  /// The sums; at one layer for each input.
  public let sums: SiteMatrices
  /// No backward pass is made.
  public let lowestLayer = 0

  /// Measures the inputs of some layers.
  public init(shape: EncoderShape, sites: [LinearSite]) {
    sums = SiteMatrices(shape: shape, sites: GramDoor.readers(sites)) { site in
      let inputs = shape.weightShape(site.role).in
      return (inputs, inputs)
    }
  }

  /// The first layer that reads each input.
  private static func readers(_ sites: [LinearSite]) -> [LinearSite] {
    var inputs: [String] = []
    return sites.filter { site in
      defer { inputs.append(site.input) }
      return !inputs.contains(site.input)
    }
  }

  /// No backward pass is made.
  public func readsInput(of site: LinearSite) -> Bool { false }

  /// Adds XᵀX.
  public func forward(_ site: LinearSite, x: Matrix, y: Matrix, workspace: Workspace) {
    if let sum = sums[site] { x.addGramOfColumns(toUpper: sum) }
  }

  /// Nothing.
  public func backward(_ site: LinearSite, x: Matrix, dy: Matrix, dx: Matrix?, workspace: Workspace) {}
}

extension LinearSite {
  /// A name for what the layer reads: of query, key and value the module that they lie in, else the layer itself.
  public var input: String {
    switch role {
    case .query, .key, .value: "encoder.layer.\(layer).attention.self"
    case .attentionOutput, .intermediate, .output: path
    }
  }
}
