internal import Basics
internal import Checkpoints
internal import LinearAlgebra
internal import Outlines

/// Linear layers that read one input, below each other in one frozen matrix, with the factors that stand beside each.
struct LinearStack: Sendable {
  /// The layers, in the order of their rows.
  let layers: [LinearLayer]
  /// (Σ out, in).
  var weight: FrozenWeight
  /// The factors beside each layer.
  fileprivate(set) var beside: [[LoRAFactors]]

  /// y ← x·Wᵀ, or y ← y + x·Wᵀ, and what factors and the door add.
  ///
  /// Shapes: x (T, in), y (T, Σ out).
  func forward(
    _ x: Operand, into y: Matrix, adding: Bool = false, door: (any LinearDoor)?, workspace: Workspace
  ) {
    weight.forward(x, into: y, adding: adding, workspace: workspace)
    forEachLayer { layer, columns, beside in
      for factors in beside { factors.forward(x, addingTo: y.columns(columns), workspace: workspace) }
      door?.forward(layer, x: x, y: y.columns(columns), workspace: workspace)
    }
  }

  /// dx ← dy·W, or dx ← dx + dy·W, with what factors and the door add; the door sees x and dy.
  ///
  /// Shapes: dy (T, Σ out), x and dx (T, in). Nobody needs the gradient where `dx` is nil.
  func backward(
    _ dy: Operand, of x: Operand, into dx: Matrix?, adding: Bool = false, door: any LinearDoor,
    workspace: Workspace
  ) {
    if let dx { weight.backward(dy, into: dx, adding: adding, workspace: workspace) }
    forEachLayer { layer, columns, beside in
      let dy = dy.columns(columns)
      if let dx {
        for factors in beside { factors.backward(dy, addingTo: dx, workspace: workspace) }
      }
      door.backward(layer, x: x, dy: dy, dx: dx, workspace: workspace)
    }
  }

  /// Whether the door wants the input x in the backward pass.
  func isRead(by door: any LinearDoor) -> Bool { layers.contains { door.readsInput(of: $0) } }

  /// Calls a body with every layer, the columns of a product in which its result lies, and the factors beside it.
  private func forEachLayer(_ body: (LinearLayer, Range<Int>, [LoRAFactors]) -> Void) {
    var start = 0
    for (layer, beside) in zip(layers, beside) {
      body(layer, start..<start + layer.out, beside)
      start += layer.out
    }
  }
}

/// The linear weights of a network, as its products read them.
struct LinearWeights: Sendable {
  /// What products with them read.
  private(set) var precision = Precision.float32
  /// From below, each block's in the order of its passes.
  private(set) var stacks: [LinearStack]
  private let stacksOfBlock: Int
  /// Of each layer, by its index: its stack and its rows there.
  private let places: [Place]

  private struct Place {
    var stack: Int
    var rows: Range<Int>
  }

  /// Cuts the layers of an outline into stacks.
  ///
  /// - Parameter matrices: A matrix for each layer, (out, in), or for some that follow each other and read one input, below
  ///   each other; the same for every block.
  init(_ outline: ModelOutline, _ matrices: [Matrix]) {
    var rest = outline.layers[...]
    var places: [Place] = []
    stacks = matrices.enumerated().map { number, matrix in
      var layers: [LinearLayer] = []
      var row = 0
      while row < matrix.rows {
        let layer = rest.removeFirst()
        precondition(layer.in == matrix.columns, "\(layer.path) of \(layer.in) in \(matrix.columns) columns")
        places.append(Place(stack: number, rows: row..<row + layer.out))
        row += layer.out
        layers.append(layer)
      }
      return LinearStack(layers: layers, weight: FrozenWeight(matrix), beside: layers.map { _ in [] })
    }
    precondition(rest.isEmpty, "\(rest.count) layers without a matrix")
    self.places = places
    stacksOfBlock = matrices.count / max(1, outline.blocks)
  }

  /// A stack of a block, by its place in the block.
  subscript(_ block: Int, _ number: Int) -> LinearStack { stacks[block * stacksOfBlock + number] }

  /// The weight of a layer, (out, in); a view.
  func weight(_ layer: LinearLayer) -> Matrix {
    let place = places[layer.index]
    return stacks[place.stack].weight.floats.rows(place.rows)
  }

  /// The same weights with matrices of their own where some layers lie; layers of one stack lie in one.
  func owning(_ layers: [LinearLayer]) -> LinearWeights {
    var copy = self
    for stack in Set(layers.map { places[$0.index].stack }) {
      copy.stacks[stack].weight = stacks[stack].weight.copied()
    }
    return copy
  }

  /// The same weights with products in bf16; a stack has the path of its first layer.
  func rounded(_ rounded: (NamedTensor) throws(Diagnostic) -> BFloatMatrix) throws(Diagnostic)
    -> LinearWeights
  {
    var copy = self
    copy.precision = .bfloat16
    for (number, stack) in stacks.enumerated() {
      copy.stacks[number].weight.bfloats = try rounded(
        NamedTensor(stack.layers[0].path, stack.weight.floats))
    }
    return copy
  }

  /// The same weights with products in single precision.
  var exact: LinearWeights {
    var copy = self
    copy.precision = .float32
    for number in stacks.indices { copy.stacks[number].weight.bfloats = nil }
    return copy
  }

  /// The same weights with more factors beside them.
  func placing(_ factors: [LoRAFactors]) -> LinearWeights {
    var copy = self
    for factors in factors {
      let stack = places[factors.site.index].stack
      guard let layer = stacks[stack].layers.firstIndex(of: factors.site) else { continue }
      copy.stacks[stack].beside[layer].append(factors)
    }
    return copy
  }

  /// What the stack that begins with a layer is called in a file of derived tensors.
  static func stackedName(_ path: String) -> String { path + ".stacked" }

  /// Matrices that this process made instead of mapping them: stacks, and what a file stores in another format.
  ///
  /// - Parameter tensors: All weights of the network, by name.
  func copies(_ tensors: [NamedTensor]) -> [NamedTensor] {
    let several = stacks.filter { $0.layers.count > 1 }
    let inStacks = Set(several.flatMap(\.layers).map { $0.path + ".weight" })
    let joined = several.map { NamedTensor(Self.stackedName($0.layers[0].path), $0.weight.floats) }
    return (joined + tensors.filter { $0.shape.count == 2 && !inStacks.contains($0.name) })
      .filter { !$0.values.storage.isMapped }
  }
}
