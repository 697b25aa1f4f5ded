// Records of Python's dictionaries: read into the members that wire.hpp names, or listed.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "wire.hpp"

namespace shoal {

// The arrays that records point to, held as long as this lives.
using Held = std::vector<nanobind::object>;

template <class N, std::size_t axes, class Array> void point(View<N, axes>& view, const Array& array) {
    view.data = array.data();
    for (std::size_t axis = 0; axis < axes; ++axis) view.shape[axis] = array.shape(axis);
}

// The names of a record's fields. A member of a family has those of its kind.
struct Listed {
    std::vector<std::string> names;

    template <class M> void operator()(const char* name, M&) { names.emplace_back(name); }
    template <class M> void optional(const char* name, M&) { names.emplace_back(name); }

    template <class S> static std::vector<std::string> of(S& record) {
        Listed listed;
        visit_fields(record, listed);
        return std::move(listed.names);
    }
};

// Reads one dictionary. A field that is missing, or that nothing here knows, is an error: the package and this module are
// of different versions then.
class Reader {
  public:
    Reader(nanobind::handle given, const char* title, Held& held) : given_(given), title_(title), held_(held) {
        if (!PyDict_Check(given.ptr()))
            throw nanobind::type_error(("the " + std::string(title) + " is no dict").c_str());
    }

    template <class M> void operator()(const char* name, M& member) { read(find(name), name, member); }

    template <class M> void optional(const char* name, M& member) {
        const nanobind::handle value = find(name);
        if (!value.is_none()) read(value, name, member);
    }

    // Reads all fields of a record, and refuses any other.
    template <class S> static void read_record(nanobind::handle given, S& record, Held& held) {
        Reader reader(given, title(record), held);
        visit_fields(record, reader);
        if (static_cast<std::size_t>(PyDict_Size(given.ptr())) != reader.found_)
            reader.refuse_others(Listed::of(record));
    }

  private:
    nanobind::handle find(const char* name) {
        PyObject* const value = PyDict_GetItemString(given_.ptr(), name);
        if (value == nullptr) fail(name, "is missing");
        ++found_;
        return value;
    }

    [[noreturn]] void fail(const std::string& name, const std::string& what) const {
        throw nanobind::value_error(("the " + std::string(title_) + "'s field '" + name + "' " + what +
                                     "; build the compiled module again if it is older than the package")
                                        .c_str());
    }

    [[noreturn]] void refuse_others(const std::vector<std::string>& known) const {
        std::string names, other = "?";
        for (const std::string& name : known) names += (names.empty() ? "" : ", ") + name;
        for (const auto& item : nanobind::borrow<nanobind::dict>(given_)) {
            const std::string name = nanobind::str(item.first).c_str();
            if (std::find(known.begin(), known.end(), name) == known.end()) other = name;
        }
        fail(other, "is unknown to the compiled module, which knows " + names);
    }

    template <class N> void check(bool fits, const char* name, const N& expected) const {
        if (fits) return;
        PyErr_Clear();
        fail(name, std::string("must be ") + expected);
    }

    // What the field holds, by the member that takes it.
    void read(nanobind::handle value, const char* name, double& member) {
        member = PyFloat_AsDouble(value.ptr());
        check(!PyErr_Occurred(), name, "a number");
    }

    void read(nanobind::handle value, const char* name, bool& member) {
        const int truth = PyObject_IsTrue(value.ptr());
        check(truth >= 0, name, "True or False");
        member = truth > 0;
    }

    template <class N> std::enable_if_t<std::is_unsigned_v<N>> read(nanobind::handle value, const char* name,
                                                                    N& member) {
        const nanobind::object whole = nanobind::steal(PyNumber_Index(value.ptr()));
        if (whole.is_valid()) member = static_cast<N>(PyLong_AsUnsignedLongLong(whole.ptr()));
        check(!PyErr_Occurred(), name, "a whole number from 0 on");
    }

    template <class Kind> std::enable_if_t<std::is_enum_v<Kind>> read(nanobind::handle value, const char* name,
                                                                      Kind& member) {
        for (const Name<Kind>& known : Names<Kind>::all)
            if (PyUnicode_Check(value.ptr()) && PyUnicode_CompareWithASCIIString(value.ptr(), known.name) == 0) {
                member = known.kind;
                return;
            }
        fail(name, std::string("is unknown to the compiled module: ") + nanobind::repr(value).c_str());
    }

    void read(nanobind::handle value, const char* name, Extent& member) {
        read_each(value, name, {&member.rows, &member.columns});
    }

    void read(nanobind::handle value, const char* name, Image& member) {
        read_each(value, name, {&member.channels, &member.rows, &member.columns});
    }

    void read_each(nanobind::handle value, const char* name, std::initializer_list<std::size_t*> members) {
        check(PyTuple_Check(value.ptr()) && PyTuple_Size(value.ptr()) == static_cast<Py_ssize_t>(members.size()), name,
              "a tuple of " + std::to_string(members.size()) + " numbers");
        Py_ssize_t i = 0;
        for (std::size_t* member : members) read(nanobind::handle(PyTuple_GetItem(value.ptr(), i++)), name, *member);
    }

    // An array in C order and in the member's own precision: what is written must reach the caller.
    template <class N, std::size_t axes> void read(nanobind::handle value, const char* name, View<N, axes>& member) {
        using Array = nanobind::ndarray<N, nanobind::ndim<axes>, nanobind::c_contig, nanobind::device::cpu>;
        Array array;
        check(nanobind::try_cast(value, array, false), name,
              "an array in C order of " + std::to_string(axes) + " axes and the right dtype");
        point(member, array);
        held_.push_back(nanobind::borrow(value));
    }

    template <class M> void read(nanobind::handle value, const char* name, std::optional<M>& member) {
        read(value, name, member.emplace());
    }

    template <class M> void read(nanobind::handle value, const char* name, std::vector<M>& member) {
        check(PyList_Check(value.ptr()), name, "a list");
        for (const nanobind::handle item : nanobind::borrow<nanobind::list>(value))
            read(item, name, member.emplace_back());
    }

    template <class S>
    auto read(nanobind::handle value, const char*, S& record) -> decltype(title(record), void()) {
        read_record(value, record, held_);
    }

    const nanobind::handle given_;
    const char* const title_;
    Held& held_;
    std::size_t found_ = 0;
};

// The fields that each kind of a family has, by name.
template <class S, class Kind> nanobind::dict fields_of_kinds(Kind S::* kind) {
    nanobind::dict kinds;
    for (const Name<Kind>& known : Names<Kind>::all) {
        S member{};
        member.*kind = known.kind;
        kinds[known.name] = Listed::of(member);
    }
    return kinds;
}

// Everything that travels by name: families by their kinds, and "records", of which there is one kind each.
inline nanobind::dict wire_fields() {
    nanobind::dict all, records;
    all["activation"] = fields_of_kinds(&Member<Activation>::kind);
    all["loss"] = fields_of_kinds(&Member<Loss>::kind);
    all["layer"] = fields_of_kinds(&Layer::kind);
    all["solver"] = fields_of_kinds(&SolverSettings::kind);
    const auto list = [&](auto record) { records[title(record)] = Listed::of(record); };
    list(Network{}), list(Geometry{}), list(Samples<float>{}), list(Problem<float>{}), list(Plan{});
    list(Deformation{}), list(Course{}), list(Watch{});
    all["records"] = records;
    return all;
}

}  // namespace shoal
