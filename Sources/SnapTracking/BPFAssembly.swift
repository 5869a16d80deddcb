/// A program for the kernel's virtual machine while it is written. Jumps go to labels, which may be placed later.
struct BPFAssembly: Sendable {
    struct Label: Hashable, Sendable { fileprivate let number: Int }

    private var instructions: [BPFInstruction] = []
    /// Where each label is; nil until it is placed.
    private var places: [Int?] = []
    private var jumps: [(instruction: Int, label: Label)] = []

    /// All labels must be placed. `precondition`: no jump is wider than 32,767 instructions.
    func finish() -> [UInt64] {
        var finished = instructions
        for jump in jumps {
            guard let place = places[jump.label.number] else { preconditionFailure("a label without a place") }
            finished[jump.instruction].offset = Int16(place - jump.instruction - 1)
        }
        return finished.map(\.encoded)
    }

    mutating func newLabel() -> Label {
        places.append(nil)
        return Label(number: places.count - 1)
    }

    /// Makes `label` stand for the next instruction.
    mutating func place(_ label: Label) {
        precondition(places[label.number] == nil, "a label with two places")
        places[label.number] = instructions.count
    }

    mutating func load(_ width: BPFWidth, _ target: BPFRegister, from base: BPFRegister, _ offset: Int) {
        add(Self.loads | width.rawValue, target, base, offset)
    }

    mutating func store(_ width: BPFWidth, _ source: BPFRegister, at base: BPFRegister, _ offset: Int) {
        add(Self.stores | width.rawValue, base, source, offset)
    }

    /// `target` becomes a constant of 64 bits.
    mutating func load(_ target: BPFRegister, constant: UInt64) {
        addWide(target, source: 0, UInt32(truncatingIfNeeded: constant), UInt32(constant >> 32))
    }

    /// `target` becomes the map that this process has open as `descriptor` (BPF_PSEUDO_MAP_FD).
    mutating func load(_ target: BPFRegister, map descriptor: CInt) {
        addWide(target, source: 1, UInt32(bitPattern: descriptor), 0)
    }

    /// In 64 bits.
    mutating func apply(_ operation: BPFOperation, _ target: BPFRegister, _ operand: BPFOperand) {
        switch operand {
        case .register(let source): add(Self.arithmetic | Self.byRegister | operation.rawValue, target, source)
        case .constant(let value): add(Self.arithmetic | operation.rawValue, target, constant: value)
        }
    }

    /// Atomically: the eight bytes at `base` become what they are `operation` `source`: `or` or `add`.
    mutating func change(at base: BPFRegister, _ operation: BPFOperation, _ source: BPFRegister) {
        precondition(operation == .or || operation == .add, "\(operation) is not done atomically")
        add(Self.atomics | BPFWidth.eightBytes.rawValue, base, source, 0, constant: Int32(operation.rawValue))
    }

    mutating func jump(_ label: Label) {
        jumps.append((instructions.count, label))
        add(Self.jumps)
    }

    mutating func jump(_ label: Label, if left: BPFRegister, _ condition: BPFCondition, _ right: BPFOperand) {
        jumps.append((instructions.count, label))
        switch right {
        case .register(let source): add(Self.jumps | Self.byRegister | condition.rawValue, left, source)
        case .constant(let value): add(Self.jumps | condition.rawValue, left, constant: value)
        }
    }

    /// bpf_map_lookup_elem(r1, r2): r0 is where the value of the key at r2 is, or 0.
    mutating func lookUp() { add(Self.calls, constant: 1) }

    mutating func exit() { add(Self.exits) }

    // MARK: - Encoding

    private static let loads: UInt8 = 0x61
    private static let stores: UInt8 = 0x63
    private static let atomics: UInt8 = 0xc3
    private static let arithmetic: UInt8 = 0x07
    private static let jumps: UInt8 = 0x05
    private static let byRegister: UInt8 = 0x08
    private static let wideLoad: UInt8 = 0x18
    private static let calls: UInt8 = 0x85
    private static let exits: UInt8 = 0x95

    private mutating func add(
        _ opcode: UInt8, _ destination: BPFRegister = .r0, _ source: BPFRegister = .r0, _ offset: Int = 0,
        constant: Int32 = 0
    ) {
        instructions.append(
            BPFInstruction(
                opcode: opcode, destination: destination.rawValue, source: source.rawValue, offset: Int16(offset),
                constant: constant))
    }

    private mutating func addWide(_ target: BPFRegister, source: UInt8, _ low: UInt32, _ high: UInt32) {
        instructions.append(
            BPFInstruction(
                opcode: Self.wideLoad, destination: target.rawValue, source: source, constant: Int32(bitPattern: low)))
        instructions.append(BPFInstruction(opcode: 0, constant: Int32(bitPattern: high)))
    }
}
