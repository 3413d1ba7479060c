# forklab_rooms(<folder>... )
#
# Each folder of core/ is one static library, forklab_<folder>, with its own include directories. The order of the
# list is the architecture: a folder can include only the contract and the folders before it, because it is linked
# only with the library before it. tests/lint/layers.sh reads the same list.
# A folder's main.c belongs to no library.
function(forklab_rooms)
	set(above forklab_contract)
	foreach(room IN LISTS ARGN)
		set(target forklab_${room})
		file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${room}/*.c)
		list(FILTER sources EXCLUDE REGEX "/main\\.c$")
		file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${room}/*.h)
		set(directories)
		foreach(header IN LISTS headers)
			cmake_path(GET header PARENT_PATH directory)
			list(APPEND directories ${directory})
		endforeach()
		list(REMOVE_DUPLICATES directories)
		add_library(${target} STATIC ${sources})
		target_include_directories(${target} PUBLIC ${directories})
		target_link_libraries(${target} PUBLIC ${above} forklab_common forklab_sanitize)
		set(above ${target})
	endforeach()
endfunction()
